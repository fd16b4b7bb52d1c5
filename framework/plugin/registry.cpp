#include "registry.hpp"

#include "built_in.hpp"
#include "descriptor.hpp"
#include "library.hpp"
#include "search_path.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace spaceframe::plugin_host
{

namespace
{

std::string place_of(const Plugin& plugin)
{
    return plugin.file.empty() ? "built into the kernel" : plugin.file.string();
}

} // namespace

std::shared_ptr<Registry> Registry::load(const std::vector<std::filesystem::path>& search)
{
    std::shared_ptr<Registry> registry(new Registry);
    registry->load_built_in();
    for (const SearchFolder& folder : search_folders(search, registry->errors_))
    {
        registry->scan(folder);
    }
    return registry;
}

std::shared_ptr<Registry> Registry::from_descriptors(std::span<const sf_plugin* const> descriptors)
{
    std::shared_ptr<Registry> registry(new Registry);
    for (const sf_plugin* descriptor : descriptors)
    {
        std::string problem;
        if (std::unique_ptr<Plugin> plugin = read_plugin(*descriptor, {}, problem))
        {
            registry->claim(std::move(plugin));
        }
        else
        {
            registry->errors_.push_back(std::move(problem));
        }
    }
    return registry;
}

const Role* Registry::find(std::uint32_t kind, std::string_view name) const
{
    for (const std::unique_ptr<Plugin>& plugin : plugins_)
    {
        for (const Role& role : plugin->roles)
        {
            if (role.kind == kind && role.name == name)
            {
                return &role;
            }
        }
    }
    return nullptr;
}

std::vector<const Plugin*> Registry::plugins() const
{
    std::vector<const Plugin*> plugins;
    plugins.reserve(plugins_.size());
    for (const std::unique_ptr<Plugin>& plugin : plugins_)
    {
        plugins.push_back(plugin.get());
    }
    return plugins;
}

void Registry::load_built_in()
{
    std::size_t number = 0;
    for (const sf_plugin_entry entry : built_in_plugins())
    {
        ++number;
        std::string problem;
        if (std::unique_ptr<Plugin> plugin = read_plugin(entry, {}, problem))
        {
            claim(std::move(plugin));
        }
        else
        {
            errors_.push_back(fmt::format("plug-in {} of those built into the kernel: {}", number, problem));
        }
    }
}

void Registry::scan(const SearchFolder& folder)
{
    folders_.push_back({folder.path, folder.origin, "searched"});
    std::error_code error;
    std::vector<std::filesystem::path> paths;
    for (std::filesystem::directory_iterator entry(folder.path, error), end; !error && entry != end;
         entry.increment(error))
    {
        paths.push_back(entry->path());
    }
    if (error)
    {
        const bool missing = error == std::errc::no_such_file_or_directory;
        folders_.back().verdict = missing ? "not there" : "cannot be read: " + error.message();
        if (folder.required || !missing)
        {
            errors_.push_back(fmt::format(
                "{}: this folder of plug-ins ({}) cannot be read: {}. Correct the path or create it",
                folder.path.string(), folder.origin, error.message()));
        }
    }
    std::ranges::sort(paths);
    for (const std::filesystem::path& path : paths)
    {
        look_at(path);
    }
}

void Registry::look_at(const std::filesystem::path& path)
{
    const bool known = std::ranges::any_of(files_,
                                           [&path](const FileVerdict& file)
                                           {
                                               return file.path == path;
                                           });
    if (path.extension() != ".so")
    {
        judge(path, nullptr, "left out: the name of a plug-in ends in .so");
        return;
    }
    std::error_code error;
    std::filesystem::path real = std::filesystem::canonical(path, error);
    if (error)
    {
        real = path;
    }
    if (std::ranges::find(seen_, real) != seen_.end())
    {
        judge(path, nullptr,
              known ? "left out: it was seen before"
                    : fmt::format("left out: the same file as {}", real.string()));
        return;
    }
    seen_.push_back(real);

    std::string problem;
    std::unique_ptr<Plugin> plugin = load_library(real, problem);
    if (plugin == nullptr)
    {
        errors_.push_back(fmt::format("{}: {}", path.string(), problem));
        judge(path, nullptr, "refused: " + std::move(problem));
        return;
    }
    judge(path, plugin.get(), fmt::format("taken: {} {}", plugin->name, plugin->version));
    claim(std::move(plugin));
}

void Registry::judge(const std::filesystem::path& path, const Plugin* plugin, std::string verdict)
{
    files_.push_back({path, plugin, std::move(verdict), folders_.size() - 1});
}

void Registry::claim(std::unique_ptr<Plugin> plugin)
{
    for (const Role& role : plugin->roles)
    {
        if (const Role* const other = find(role.kind, role.name))
        {
            errors_.push_back(fmt::format(
                "the {} role '{}' is claimed twice: by {} {} ({}) and by {} {} ({}). All folders are "
                "searched, and their order does not choose between two: remove one of them",
                role_name(role.kind), role.name, other->plugin->name, other->plugin->version,
                place_of(*other->plugin), plugin->name, plugin->version, place_of(*plugin)));
        }
    }
    plugins_.push_back(std::move(plugin));
}

} // namespace spaceframe::plugin_host
