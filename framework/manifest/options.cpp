#include "options.hpp"

#include "form.hpp"
#include "nearest.hpp"
#include "roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spaceframe::manifest
{
namespace
{

constexpr std::array kinds{SF_ROLE_TRANSPORT, SF_ROLE_PROTOCOL, SF_ROLE_BACKPRESSURE, SF_ROLE_RECONNECT};
constexpr std::size_t longest_identity = 255;

const plugin_host::Role* owner_of(const plugin_host::Registry& registry, const std::string& key)
{
    for (const auto kind : kinds)
    {
        for (const plugin_host::Role* role : roles_of(registry, kind))
        {
            if (find_option(*role, key) >= 0)
            {
                return role;
            }
        }
    }
    return nullptr;
}

bool may_repeat(const std::string& key)
{
    const SettingRow* row = find_setting(key);
    return row != nullptr && is_list(*row);
}

bool is_identity(const std::string& text)
{
    return text.size() <= longest_identity && !text.starts_with('\0');
}

} // namespace

void RolesInPlay::add(const plugin_host::Role* role)
{
    if (std::ranges::find(roles_, role) == roles_.end())
    {
        roles_.push_back(role);
    }
}

void RolesInPlay::add(const PolicyDescription* policy)
{
    policies_.push_back(policy);
}

void RolesInPlay::add_unresolved(std::uint32_t kind)
{
    unresolved_.push_back(kind);
}

bool RolesInPlay::check(const Context& context, const GivenOption& option, const std::string& path) const
{
    bool known = false;
    for (const plugin_host::Role* role : roles_)
    {
        const int index = find_option(*role, option.key);
        if (index < 0)
        {
            continue;
        }
        known = true;
        std::string problem;
        if (!plugin_host::parse_value(role->options[static_cast<std::size_t>(index)], option.text, problem))
        {
            context.problems.error(option.line, path, problem);
        }
    }
    if (known || may_be_meant_for_unresolved(context.registry, option.key))
    {
        return true;
    }
    for (const PolicyDescription* policy : policies_)
    {
        if (policy->use.role != nullptr && find_option(*policy->use.role, option.key) >= 0)
        {
            context.problems.error(option.line, path,
                                   fmt::format("is an option of the policy {}; expected there{}",
                                               quote(policy->name),
                                               mention_line(", at line {}", policy->line)));
            return true;
        }
    }
    return false;
}

void RolesInPlay::append_keys(std::vector<std::string>& keys) const
{
    for (const plugin_host::Role* role : roles_)
    {
        for (const sf_option& option : role->options)
        {
            keys.emplace_back(option.key);
        }
    }
}

bool RolesInPlay::may_be_meant_for_unresolved(const plugin_host::Registry& registry,
                                              const std::string& key) const
{
    return std::ranges::any_of(unresolved_,
                               [&](std::uint32_t kind)
                               {
                                   const auto roles = roles_of(registry, kind);
                                   return roles.empty() ||
                                          std::ranges::any_of(roles,
                                                              [&](const plugin_host::Role* role)
                                                              {
                                                                  return find_option(*role, key) >= 0;
                                                              });
                               });
}

void check_setting(const Context& context, const SettingRow& row, const GivenOption& option,
                   const std::string& path, const std::string& pattern, Settings& settings)
{
    if (!pattern.empty() && !applies_to(row, pattern))
    {
        std::string patterns(row.patterns);
        std::ranges::replace(patterns, '|', ' ');
        context.problems.error(
            option.line, path,
            fmt::format("means nothing to the pattern {}, expected at {} only", pattern, patterns));
        return;
    }
    std::string problem;
    const auto value = plugin_host::parse_value(row.option, option.text, problem);
    if (!value)
    {
        context.problems.error(option.line, path, problem);
    }
    else if ((option.key == "identity" || option.key == "connect_routing_id") && !is_identity(option.text))
    {
        context.problems.error(
            option.line, path,
            fmt::format("found {} bytes, expected at most {} that do not start with a zero byte",
                        option.text.size(), longest_identity));
    }
    else
    {
        assign(settings, row, *value);
    }
}

void report_stray_option(const Context& context, const GivenOption& option, const std::string& path,
                         const std::vector<std::string>& known)
{
    // The latter two a socket has beside its settings, and so they come here from endpoints alone.
    if (find_setting(option.key) != nullptr || option.key == "backpressure" || option.key == "pattern")
    {
        context.problems.error(option.line, path,
                               "is an option of the whole socket; expected there, not at one endpoint");
    }
    else if (const plugin_host::Role* role = owner_of(context.registry, option.key))
    {
        context.problems.error(option.line, path,
                               fmt::format("is an option of the {} {}, which is not used here",
                                           kind_name(role->kind), role->name));
    }
    else
    {
        Node node;
        node.key = option.key;
        node.line = option.line;
        report_unknown(node, path, known, context.problems);
    }
}

std::vector<GivenOption> gather_options(const Context& context, const Node& parent, const std::string& path,
                                        std::span<const StructuralKey> structural)
{
    std::vector<GivenOption> result;
    const Siblings siblings(parent);
    for (const Node& node : parent.children)
    {
        const std::string key_path = path_of(path, node.key);
        const StructuralKey* row = find_key(structural, node.key);
        const bool repeats = row != nullptr ? row->times == Times::any : may_repeat(node.key);
        if (!repeats && !siblings.is_unique(node, key_path, context.problems))
        {
            continue;
        }
        if (row == nullptr && is_value(node, key_path, context.problems))
        {
            result.push_back({node.key, node.value, node.line});
        }
    }
    require_keys(context, parent, path, structural);
    return result;
}

void require_keys(const Context& context, const Node& parent, const std::string& path,
                  std::span<const StructuralKey> keys)
{
    for (const StructuralKey& row : keys)
    {
        const std::string key(row.key);
        if (row.times == Times::once && find_child(parent, key) == nullptr)
        {
            context.problems.error(parent.line, path,
                                   fmt::format("expected the key {} in the block", quote(key)));
        }
    }
}

const Node* find_child(const Node& parent, const std::string& key)
{
    const auto found = std::ranges::find(parent.children, key, &Node::key);
    return found == parent.children.end() ? nullptr : &*found;
}

} // namespace spaceframe::manifest
