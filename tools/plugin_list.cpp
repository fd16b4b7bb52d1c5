#include "plugin_list.hpp"

#include <spaceframe/manifest.hpp>
#include <spaceframe/plugins.hpp>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdio>
#include <filesystem>
#include <set>
#include <string_view>
#include <vector>

namespace tool
{
namespace
{

using Json = nlohmann::ordered_json;

struct Entry
{
    const spaceframe::PluginInfo& plugin;
    const spaceframe::PluginRole& role;
};

std::vector<Entry> select(const spaceframe::PluginListing& listing, std::string_view name)
{
    std::vector<Entry> result;
    for (const auto& plugin : listing.plugins)
    {
        for (const auto& role : plugin.roles)
        {
            if (name.empty() || role.name == name || plugin.name == name)
            {
                result.push_back({plugin, role});
            }
        }
    }
    return result;
}

std::string place_of(const spaceframe::PluginInfo& plugin)
{
    return plugin.file.empty() ? "built in" : plugin.file.string();
}

Json text_or_null(const std::string& text)
{
    return text.empty() ? Json() : Json(text);
}

Json option_object(const spaceframe::PluginOption& option)
{
    Json result;
    result["key"] = option.key;
    result["type"] = option.type;
    result["default"] = option.default_value;
    result["minimum"] = text_or_null(option.minimum);
    result["maximum"] = text_or_null(option.maximum);
    result["choices"] = option.choices;
    result["help"] = option.help;
    return result;
}

Json role_object(const Entry& entry)
{
    Json result;
    result["role"] = entry.role.role;
    result["name"] = entry.role.name;
    result["summary"] = entry.role.summary;
    result["plugin"] = entry.plugin.name;
    result["version"] = entry.plugin.version;
    result["abi"] = entry.plugin.contract;
    result["file"] = text_or_null(entry.plugin.file.string());
    result["options"] = Json::array();
    for (const auto& option : entry.role.options)
    {
        result["options"].push_back(option_object(option));
    }
    return result;
}

void print_json(const std::vector<Entry>& entries)
{
    Json result = Json::array();
    for (const Entry& entry : entries)
    {
        result.push_back(role_object(entry));
    }
    fmt::print("{}\n", result.dump(2, ' ', false, Json::error_handler_t::replace));
}

std::string range_of(const spaceframe::PluginOption& option)
{
    if (!option.choices.empty())
    {
        return fmt::format(", {}", fmt::join(option.choices, " | "));
    }
    if (option.minimum.empty() && option.maximum.empty())
    {
        return {};
    }
    return option.maximum.empty()   ? fmt::format(", from {}", option.minimum)
           : option.minimum.empty() ? fmt::format(", up to {}", option.maximum)
                                    : fmt::format(", {} to {}", option.minimum, option.maximum);
}

void print_text(const std::vector<Entry>& entries, bool with_options)
{
    for (const Entry& entry : entries)
    {
        fmt::print("{:<13} {:<12} {} {}, contract {}, {}\n", entry.role.role, entry.role.name,
                   entry.plugin.name, entry.plugin.version, entry.plugin.contract, place_of(entry.plugin));
        if (!with_options)
        {
            continue;
        }
        fmt::print("    {}\n", entry.role.summary);
        for (const auto& option : entry.role.options)
        {
            fmt::print("    {:<24} {}\n{:29}{}{}; default {}\n", option.key, option.help, "", option.type,
                       range_of(option), option.default_value.empty() ? "\"\"" : option.default_value);
        }
    }
}

// Where plug-ins were looked for, and what became of each file there.
void print_search(std::FILE* stream, const spaceframe::PluginListing& listing)
{
    for (const auto& plugin : listing.plugins)
    {
        if (plugin.file.empty())
        {
            fmt::print(stream, "built into the kernel: {} {}\n", plugin.name, plugin.version);
        }
    }
    for (std::size_t i = 0; i < listing.folders.size(); ++i)
    {
        const auto& folder = listing.folders[i];
        fmt::print(stream, "{} ({}): {}\n", folder.path.string(), folder.origin, folder.verdict);
        for (const auto& file : listing.files)
        {
            if (file.folder == i)
            {
                fmt::print(stream, "    {}: {}\n", file.path.string(), file.verdict);
            }
        }
    }
}

std::vector<std::string> known_names(const spaceframe::PluginListing& listing)
{
    std::set<std::string> names;
    for (const auto& plugin : listing.plugins)
    {
        names.insert(plugin.name);
        for (const auto& role : plugin.roles)
        {
            names.insert(role.name);
        }
    }
    return {names.begin(), names.end()};
}

void print_unknown(const std::string& name, const spaceframe::PluginListing& listing)
{
    const auto names = known_names(listing);
    const std::string nearest = spaceframe::nearest_name(name, names);
    fmt::print(stderr, "error: no plug-in, and no role of one, is called \"{}\", expected one of {}{}\n",
               name, fmt::join(names, ", "),
               nearest.empty() ? std::string() : fmt::format("; did you mean \"{}\"?", nearest));
}

std::vector<std::filesystem::path> absolute(const std::vector<std::string>& folders)
{
    std::vector<std::filesystem::path> result;
    for (const std::string& folder : folders)
    {
        result.push_back(std::filesystem::absolute(folder));
    }
    return result;
}

ExitCode report_problems(const spaceframe::PluginListing& listing)
{
    for (const std::string& problem : listing.problems)
    {
        fmt::print(stderr, "error: {}\n", problem);
    }
    return listing.problems.empty() ? exit_fine : exit_broken_plugin;
}

} // namespace

ExitCode list_plugins(const PluginListOptions& options)
{
    const auto listing = spaceframe::list_plugins(absolute(options.search));
    const auto entries = select(listing, options.name);
    if (options.json)
    {
        print_json(entries);
    }
    else
    {
        print_text(entries, options.options);
    }
    if (options.verbose)
    {
        // What is JSON stays JSON.
        print_search(options.json ? stderr : stdout, listing);
    }
    if (report_problems(listing) != exit_fine)
    {
        return exit_broken_plugin;
    }
    if (entries.empty() && !options.name.empty())
    {
        print_unknown(options.name, listing);
        return exit_failed;
    }
    return exit_fine;
}

ExitCode print_reference(const std::vector<std::string>& search)
{
    const auto listing = spaceframe::list_plugins(absolute(search));
    fmt::print("{}", spaceframe::manifest_reference(listing));
    return report_problems(listing);
}

} // namespace tool
