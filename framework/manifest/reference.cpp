#include "../pattern/table.hpp"
#include "../plugin/listing.hpp"
#include "document.hpp"
#include "settings.hpp"
#include "source.hpp"
#include "structure.hpp"

#include <spaceframe/manifest.hpp>
#include <spaceframe/plugins.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{
namespace
{

using manifest::SettingRow;
using manifest::StructuralKey;
using manifest::Times;

// In the order in which they are described.
constexpr std::array<std::string_view, 4> kinds{"backpressure", "reconnect", "transport", "protocol"};

struct Line
{
    std::string key;
    std::string type;
    std::string default_value;
    std::string range;
    std::string help;
    std::string where; ///< empty in tables without such a column
};

std::string code(std::string_view text)
{
    return text.empty() ? std::string() : fmt::format("`{}`", text);
}

std::string code(const std::vector<std::string>& names)
{
    return names.empty() ? std::string() : fmt::format("`{}`", fmt::join(names, "`, `"));
}

std::string range_of(const PluginOption& option)
{
    const std::string& minimum = option.minimum;
    const std::string& maximum = option.maximum;
    if (!minimum.empty() && !maximum.empty())
    {
        return fmt::format("`{}` to `{}`", minimum, maximum);
    }
    return !minimum.empty()   ? fmt::format("from `{}`", minimum)
           : !maximum.empty() ? fmt::format("up to `{}`", maximum)
                              : code(option.choices);
}

Line line_of(const PluginOption& option)
{
    return {code(option.key), option.type, code(option.default_value), range_of(option), option.help, ""};
}

std::vector<std::string> pattern_names()
{
    std::vector<std::string> names;
    for (const pattern::Row& row : pattern::patterns())
    {
        names.emplace_back(row.name);
    }
    return names;
}

Line line_of(const sf_option& option)
{
    return line_of(plugin_host::describe(option));
}

Line line_of(const StructuralKey& row)
{
    return {code(row.key),
            std::string(row.type),
            row.times == Times::once ? "mandatory" : code(row.default_value),
            row.times == Times::any ? "any number"
            : row.type == "pattern" ? code(pattern_names())
                                    : "",
            std::string(row.help),
            ""};
}

Line line_of(const SettingRow& row)
{
    Line line = line_of(row.option);
    if (is_list(row))
    {
        line.range = "any number";
    }
    line.where = row.scope == manifest::Scope::socket ? "socket" : "socket, endpoint";
    if (!row.patterns.empty())
    {
        std::string patterns(row.patterns);
        for (std::size_t at = patterns.find('|'); at != std::string::npos; at = patterns.find('|'))
        {
            patterns.replace(at, 1, ", ");
        }
        line.where += "; " + patterns;
    }
    return line;
}

template <class Rows>
std::vector<Line> lines_of(const Rows& rows)
{
    std::vector<Line> lines;
    for (const auto& row : rows)
    {
        lines.push_back(line_of(row));
    }
    return lines;
}

// What a cell of a table can hold.
std::string escaped(std::string text)
{
    for (std::size_t at = text.find('|'); at != std::string::npos; at = text.find('|', at + 2))
    {
        text.insert(at, 1, '\\');
    }
    return text;
}

std::string section(std::string_view title, std::string_view text, const std::vector<Line>& lines)
{
    std::string result = fmt::format("### {}\n\n{}.\n", title, text);
    if (lines.empty())
    {
        return result;
    }
    const bool has_places = !lines.front().where.empty();
    result += has_places ? "\n| key | type | default | range | | where |\n|---|---|---|---|---|---|\n"
                         : "\n| key | type | default | range | |\n|---|---|---|---|---|\n";
    for (const Line& line : lines)
    {
        result += '|';
        for (const std::string& cell : {line.key, line.type, line.default_value, line.range, line.help})
        {
            result += fmt::format(" {} |", escaped(cell));
        }
        result += has_places ? fmt::format(" {} |\n", line.where) : "\n";
    }
    return result;
}

// Plug-ins by name, the roles of each as it declares them: the same wherever the plug-ins are found.
std::vector<const PluginRole*> roles_of(const PluginListing& listing, std::string_view kind)
{
    std::vector<const PluginInfo*> plugins;
    for (const PluginInfo& plugin : listing.plugins)
    {
        plugins.push_back(&plugin);
    }
    std::ranges::stable_sort(plugins, {}, &PluginInfo::name);
    std::vector<const PluginRole*> roles;
    for (const PluginInfo* plugin : plugins)
    {
        for (const PluginRole& role : plugin->roles)
        {
            if (role.role == kind)
            {
                roles.push_back(&role);
            }
        }
    }
    return roles;
}

} // namespace

std::string manifest_reference(const PluginListing& plugins)
{
    const std::string limits = fmt::format("A manifest is at most {} MiB long, with blocks at most {} deep",
                                           manifest::largest_source >> 20U, manifest::deepest_nesting);
    std::vector<std::string> sections{
        section("Top level", limits, lines_of(manifest::top_keys)),
        section("`kernel`", "What all sockets share", lines_of(manifest::kernel_options())),
        section("`plugins`", "Where to look for plug-ins first", lines_of(manifest::plugins_keys)),
        section("`policies.NAME`", "Beside options of the role", lines_of(manifest::policy_keys)),
        section("`sockets.NAME`", "Beside options, the socket's own and those of its roles",
                lines_of(manifest::socket_keys)),
        section("`sockets.NAME.bind`, `sockets.NAME.connect`",
                "As blocks; beside options, the endpoint's own and those of its roles",
                lines_of(manifest::endpoint_keys)),
        section("Options of sockets",
                "With the patterns that an option means something to, where that is not all",
                lines_of(manifest::setting_rows())),
        section("`proxies.NAME`", "Two sockets between which messages pass", lines_of(manifest::proxy_keys)),
    };
    for (const std::string_view kind : kinds)
    {
        for (const PluginRole* role : roles_of(plugins, kind))
        {
            sections.push_back(
                section(fmt::format("{} `{}`", kind, role->name), role->summary, lines_of(role->options)));
        }
    }
    return fmt::format("{}", fmt::join(sections, "\n"));
}

} // namespace spaceframe
