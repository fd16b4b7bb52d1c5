#include "rules.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <ostream>
#include <string_view>

namespace architecture
{
namespace
{

constexpr std::string_view contract = "sdk/include/spaceframe/plugin/abi.h";
constexpr std::string_view contract_parts = "sdk/include/spaceframe/plugin/abi/";

// The only file of the kernel that may name a protocol: it holds the defaults of a manifest.
constexpr std::string_view defaults = "framework/manifest/defaults.hpp";

// What a file may include of the project's own. The longest `from` that a path starts with holds; "@" stands
// for the plug-in's own folder. What is not the project's (the standard library, Boost, the system) is not
// looked at here.
struct Arrow
{
    std::string_view from;
    std::vector<std::string_view> to;
    std::string_view rule;
};

const std::array arrows{
    Arrow{contract, {contract_parts}, "the C contract includes its parts and the C standard library only"},
    Arrow{contract_parts,
          {contract_parts},
          "a part of the C contract includes other parts and the C standard library only"},
    Arrow{"sdk/", {"sdk/"}, "the SDK sees itself only"},
    Arrow{"plugins/",
          {"@", "sdk/include/spaceframe/plugin/"},
          "a plug-in sees the SDK and its own folder only"},
    Arrow{"tests/plugins/",
          {"@", "sdk/include/spaceframe/plugin/"},
          "a plug-in sees the SDK and its own folder only"},
    Arrow{"samples/plugins/",
          {"@", "sdk/include/spaceframe/plugin/"},
          "a plug-in sees the SDK and its own folder only"},
    Arrow{"samples/", {"samples/", "framework/include/"}, "samples see public headers only"},
    Arrow{"tools/", {"tools/", "framework/include/"}, "tools see public headers only"},
    Arrow{"framework/include/",
          {"framework/include/", contract},
          "public headers see public headers and the C contract only"},
    Arrow{"framework/memory/",
          {"framework/memory/", "framework/include/", contract},
          "memory is the lowest layer: it sees public headers and the C contract only"},
    Arrow{"framework/plugin/",
          {"framework/plugin/", "framework/manifest/", "framework/memory/", "framework/include/", contract},
          "the loader does not see the engine or the patterns"},
    Arrow{"framework/manifest/",
          {"framework/manifest/", "framework/plugin/", "framework/memory/", "framework/include/",
           "framework/pattern/table.hpp", contract},
          "the manifest does not see the engine, and of the patterns their table only"},
    Arrow{"framework/",
          {"framework/", contract},
          "the kernel sees the C contract of the SDK only, and no plug-in"},
};

// Headers of other projects that must not be seen below a folder.
struct Ban
{
    std::string_view below;
    std::string_view prefix;
    std::string_view rule;
};

constexpr std::array bans{
    Ban{"framework/", "zmq", "the kernel does not use libzmq"},
    Ban{"plugins/", "zmq", "plug-ins do not use libzmq"},
    Ban{"sdk/", "zmq", "the SDK does not use libzmq"},
    Ban{"tools/", "zmq", "tools do not use libzmq"},
    Ban{"sdk/", "boost/", "the SDK needs nothing but the standard library"},
};

constexpr std::array c_headers{std::string_view("stddef.h"), std::string_view("stdint.h"),
                               std::string_view("stdbool.h")};

constexpr std::array foreign_words{std::string_view("zmtp"), std::string_view("transport-tcp"),
                                   std::string_view("transport-ipc")};

const Arrow* arrow_of(std::string_view path)
{
    const Arrow* longest = nullptr;
    for (const Arrow& arrow : arrows)
    {
        if (path.starts_with(arrow.from) && (longest == nullptr || longest->from.size() < arrow.from.size()))
        {
            longest = &arrow;
        }
    }
    return longest;
}

bool allows(const Arrow& arrow, std::string_view from, std::string_view target)
{
    return std::ranges::any_of(arrow.to,
                               [&](std::string_view prefix)
                               {
                                   if (prefix == "@")
                                   {
                                       prefix = from.substr(0, from.find('/', arrow.from.size()) + 1);
                                   }
                                   return target.starts_with(prefix);
                               });
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c)
                           {
                               return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
                           });
    return result;
}

// The rule that an include of something that is not the project's breaks; empty if it breaks none.
std::string_view broken_by_foreign(std::string_view from, const Include& include)
{
    if (include.form == Include::Form::computed)
    {
        return "an include names its file";
    }
    if (include.form == Include::Form::quoted || include.name.starts_with("spaceframe/"))
    {
        return "an include in quotes, or of spaceframe/, is a file of this project";
    }
    for (const Ban& ban : bans)
    {
        if (from.starts_with(ban.below) && std::string_view(include.name).starts_with(ban.prefix))
        {
            return ban.rule;
        }
    }
    if ((from == contract || from.starts_with(contract_parts)) &&
        std::ranges::find(c_headers, include.name) == c_headers.end())
    {
        return arrow_of(from)->rule;
    }
    return {};
}

} // namespace

std::ostream& operator<<(std::ostream& stream, const Violation& violation)
{
    return stream << violation.file << ':' << violation.line << ": " << violation.found << ": "
                  << violation.rule;
}

std::vector<Violation> check_includes(const SourceTree& tree)
{
    std::vector<Violation> violations;
    for (const auto& [file, text] : tree)
    {
        const Arrow* arrow = arrow_of(file);
        if (arrow == nullptr)
        {
            continue;
        }
        for (const Include& include : includes_of(text))
        {
            std::string_view rule;
            if (const std::optional<std::string> target = resolve(tree, file, include))
            {
                rule = allows(*arrow, file, *target) ? std::string_view() : arrow->rule;
            }
            else
            {
                rule = broken_by_foreign(file, include);
            }
            if (!rule.empty())
            {
                violations.push_back({file, include.line, "#include " + include.name, std::string(rule)});
            }
        }
    }
    return violations;
}

std::vector<Violation> check_words(const SourceTree& tree)
{
    std::vector<Violation> violations;
    for (const auto& [file, text] : tree)
    {
        if (!file.starts_with("framework/") || file == defaults)
        {
            continue;
        }
        std::size_t number = 0;
        for (std::string_view line : lines_of(text))
        {
            ++number;
            const std::string lowered = lower(line);
            for (std::string_view word : foreign_words)
            {
                if (lowered.find(word) != std::string::npos)
                {
                    violations.push_back({file, number, "'" + std::string(word) + "'",
                                          "the kernel knows no protocol and no plug-in by name, but for " +
                                              std::string(defaults)});
                }
            }
        }
    }
    return violations;
}

} // namespace architecture
