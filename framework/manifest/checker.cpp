#include "checker.hpp"

#include "defaults.hpp"
#include "form.hpp"
#include "policies.hpp"
#include "proxies.hpp"
#include "sockets.hpp"
#include "structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <system_error>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

constexpr std::string_view version_key = "spaceframe";
constexpr std::string_view version = "1";

class Checker
{
public:
    Checker(const Document& document, Description& description, Problems& problems)
        : document_(document)
        , description_(description)
        , problems_(problems)
    {}

    void check(const RegistryLoader& load_registry)
    {
        check_top();
        if (const Node* node = section("kernel"))
        {
            check_kernel(*node);
        }
        std::vector<std::filesystem::path> search;
        if (const Node* node = section("plugins"))
        {
            search = check_plugins(*node);
        }
        description_.registry = load_registry(search);
        for (const std::string& error : description_.registry->errors())
        {
            problems_.broken_plugin(error);
        }
        const Context context{problems_, description_, *description_.registry};
        if (const Node* node = section("policies"))
        {
            check_policies(context, *node);
        }
        choose_budget(context);
        if (const Node* node = section("sockets"))
        {
            check_sockets(context, *node);
        }
        if (const Node* node = section("proxies"))
        {
            check_proxies(context, *node);
        }
        for (const PolicyDescription& policy : description_.policies)
        {
            if (!policy.used)
            {
                problems_.warning(policy.line, path_of("policies", policy.name), "nothing uses this policy");
            }
        }
    }

private:
    // The section of that name, if it is there in the right form.
    const Node* section(const std::string& key)
    {
        const Node* node = find_child(document_.root, key);
        return node != nullptr && is_block(*node, key, problems_) ? node : nullptr;
    }

    void check_top()
    {
        const Siblings siblings(document_.root);
        for (const Node& node : document_.root.children)
        {
            if (find_key(top_keys, node.key) == nullptr)
            {
                report_unknown(node, node.key, names_of(top_keys), problems_);
            }
            else
            {
                siblings.is_unique(node, node.key, problems_);
            }
        }
        const Node* node = find_child(document_.root, std::string(version_key));
        if (node == nullptr)
        {
            problems_.error(1, version_key,
                            "found nothing, expected the version of the format: " + document_.first_line);
        }
        else if (is_value(*node, node->key, problems_) && node->value != version)
        {
            problems_.error(node->line, node->key,
                            fmt::format("found the version {}, expected {}; this program reads no other",
                                        quote(node->value), version));
        }
    }

    void check_kernel(const Node& node)
    {
        std::vector<std::string> known;
        for (const sf_option& option : kernel_options())
        {
            known.emplace_back(option.key);
        }
        const Siblings siblings(node);
        for (const Node& child : node.children)
        {
            const std::string path = path_of("kernel", child.key);
            if (!siblings.is_unique(child, path, problems_))
            {
                continue;
            }
            const auto option = std::ranges::find(kernel_options(), child.key, &sf_option::key);
            if (option == kernel_options().end())
            {
                report_unknown(child, path, known, problems_);
            }
            else if (is_value(child, path, problems_))
            {
                store(*option, child, path);
            }
        }
        if (std::ranges::find(node.children, "spin", &Node::key) == node.children.end())
        {
            description_.spin = default_spin(description_.threads);
        }
    }

    void store(const sf_option& option, const Node& node, const std::string& path)
    {
        std::string problem;
        const auto value = plugin_host::parse_value(option, node.value, problem);
        if (!value)
        {
            problems_.error(node.line, path, problem);
        }
        else if (node.key == "threads")
        {
            description_.threads = static_cast<unsigned>(value->integer);
            description_.threads_given = true;
        }
        else if (node.key == "backpressure")
        {
            budget_ = &node;
        }
        else
        {
            description_.spin = std::chrono::nanoseconds(value->integer);
        }
    }

    // After the policies.
    void choose_budget(const Context& context)
    {
        if (budget_ == nullptr)
        {
            description_.backpressure.role =
                context.registry.find(SF_ROLE_BACKPRESSURE, std::string(defaults::backpressure));
            return;
        }
        const Choice choice = choose(context, SF_ROLE_BACKPRESSURE, budget_->value, budget_->line,
                                     path_of("kernel", budget_->key));
        description_.backpressure = choice.use({}, {});
    }

    std::vector<std::filesystem::path> check_plugins(const Node& node)
    {
        std::vector<std::filesystem::path> result;
        for (const Node& child : node.children)
        {
            const std::string path = path_of("plugins", child.key);
            if (find_key(plugins_keys, child.key) == nullptr)
            {
                report_unknown(child, path, names_of(plugins_keys), problems_);
            }
            else if (is_value(child, path, problems_))
            {
                add_folder(child, path, result);
            }
        }
        return result;
    }

    void add_folder(const Node& node, const std::string& path, std::vector<std::filesystem::path>& folders)
    {
        const std::filesystem::path folder = (document_.directory / node.value).lexically_normal();
        std::error_code ignored;
        if (!std::filesystem::is_directory(folder, ignored))
        {
            problems_.error(node.line, path,
                            fmt::format("found {}, which is no folder; expected one with plug-ins",
                                        quote(folder.string())));
            return;
        }
        folders.push_back(folder);
        description_.search.push_back(folder.string());
    }

    const Document& document_;
    Description& description_;
    Problems& problems_;
    const Node* budget_ = nullptr; // the kernel's
};

} // namespace

std::shared_ptr<const Description> check_document(const Document& document,
                                                  const RegistryLoader& load_registry, Problems& problems)
{
    auto description = std::make_shared<Description>();
    description->file = document.file;
    Checker(document, *description, problems).check(load_registry);
    return problems.failed() ? nullptr : std::move(description);
}

} // namespace spaceframe::manifest
