#include "listing.hpp"

#include "registry.hpp"
#include "value.hpp"

#include <fmt/format.h>

namespace spaceframe
{
namespace
{

std::string text_of(const char* text)
{
    return text != nullptr ? text : "";
}

PluginRole describe(const plugin_host::Role& role)
{
    PluginRole described{plugin_host::role_name(role.kind), role.name, role.summary, {}};
    for (const sf_option& option : role.options)
    {
        described.options.push_back(plugin_host::describe(option));
    }
    return described;
}

PluginInfo describe(const plugin_host::Plugin& plugin)
{
    PluginInfo described{plugin.name,
                         plugin.version,
                         plugin.description,
                         fmt::format("{}.{}", plugin.abi_major, plugin.abi_minor),
                         plugin.tag,
                         plugin.file,
                         {}};
    for (const plugin_host::Role& role : plugin.roles)
    {
        described.roles.push_back(describe(role));
    }
    return described;
}

} // namespace

PluginOption plugin_host::describe(const sf_option& option)
{
    PluginOption described;
    described.key = option.key;
    described.type = type_name(option.type);
    described.default_value = option.default_value;
    described.minimum = text_of(option.minimum);
    described.maximum = text_of(option.maximum);
    for (const std::string_view name : choice_names(option))
    {
        described.choices.emplace_back(name);
    }
    described.help = option.help;
    return described;
}

PluginListing list_plugins(const std::vector<std::filesystem::path>& search)
{
    const auto registry = plugin_host::Registry::load(search);
    PluginListing listing;
    for (const plugin_host::Plugin* plugin : registry->plugins())
    {
        listing.plugins.push_back(describe(*plugin));
    }
    for (const plugin_host::FolderVerdict& folder : registry->folders())
    {
        listing.folders.push_back({folder.path, folder.origin, folder.verdict});
    }
    for (const plugin_host::FileVerdict& file : registry->files())
    {
        listing.files.push_back({file.path, file.plugin != nullptr, file.verdict, file.folder});
    }
    listing.problems = registry->errors();
    return listing;
}

} // namespace spaceframe
