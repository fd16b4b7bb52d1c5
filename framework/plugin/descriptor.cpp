#include "descriptor.hpp"

#include "../manifest/structure.hpp"
#include "check_options.hpp"
#include "normalise.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <exception>
#include <span>
#include <string_view>

namespace spaceframe::plugin_host
{

namespace
{

// The end of the six fields that never change.
constexpr std::size_t frozen_size = offsetof(sf_plugin, name);

// What version 0.1 of the contract has, which is the least that any of its readers needs.
constexpr std::size_t descriptor_floor = sizeof(sf_plugin);
constexpr std::size_t role_floor = sizeof(sf_role);
constexpr std::size_t option_floor = sizeof(sf_option);

std::string tag_of(const sf_plugin& descriptor)
{
    return {descriptor.tag, std::find(std::begin(descriptor.tag), std::end(descriptor.tag), '\0')};
}

std::string text_of(const char* text)
{
    return text != nullptr ? text : "";
}

// Copies rows that may be longer or shorter than ours; what is missing is zero.
template <class Row>
std::vector<Row> copy_rows(const Row* rows, std::size_t row_size, std::size_t count)
{
    std::vector<Row> copy(count);
    const auto* const bytes = reinterpret_cast<const std::byte*>(rows);
    for (std::size_t i = 0; i < count; ++i)
    {
        std::memcpy(&copy[i], bytes + i * row_size, std::min(row_size, sizeof(Row)));
    }
    return copy;
}

std::optional<std::string> fill_role(const sf_role& given, Role& role)
{
    role.kind = given.role;
    if (!is_name(given.name, "-_"))
    {
        return "it has no name of lower-case letters, digits, '-' and '_'";
    }
    role.name = given.name;
    role.summary = text_of(given.summary);
    std::string problem;
    role.table_storage = normalise_table(given.role, given.table, problem);
    if (role.table_storage == nullptr)
    {
        return problem;
    }
    role.table = role.table_storage.get();
    if (given.option_count != 0)
    {
        if (given.options == nullptr || given.option_size < option_floor)
        {
            return fmt::format("its option table is missing, or its rows have {} bytes instead of {}",
                               given.option_size, option_floor);
        }
        role.option_storage = copy_rows(given.options, given.option_size, given.option_count);
    }
    role.options = role.option_storage;
    for (const sf_option& option : role.options)
    {
        if (option.key != nullptr && manifest::is_reserved(role.kind, option.key))
        {
            return fmt::format(
                "option '{}': manifests have a key of that name where the role's options are given, "
                "so it could never be set; it needs another name",
                option.key);
        }
    }
    return check_options(role.options);
}

bool offers_twice(const Plugin& plugin, const Role& role)
{
    return std::ranges::any_of(plugin.roles,
                               [&role](const Role& other)
                               {
                                   return other.kind == role.kind && other.name == role.name;
                               });
}

} // namespace

std::optional<std::string> check_descriptor(const sf_plugin& descriptor)
{
    const std::string ours = fmt::format("this kernel speaks {}.{}", SF_ABI_MAJOR, SF_ABI_MINOR);
    if (descriptor.magic != SF_PLUGIN_MAGIC)
    {
        return fmt::format(
            "its entry returned no Spaceframe descriptor (it starts with 0x{:08x} instead of "
            "0x{:08x}), so the version of its plug-in contract is unknown; {}. Is it a plug-in of "
            "another program? Otherwise build it again with Spaceframe's SDK",
            descriptor.magic, SF_PLUGIN_MAGIC, ours);
    }
    if (descriptor.size < frozen_size)
    {
        return fmt::format(
            "its descriptor has {} bytes, at least {} are needed, so the version of its plug-in "
            "contract is unknown; {}. Build it again with Spaceframe's SDK",
            descriptor.size, frozen_size, ours);
    }
    const std::string tag = tag_of(descriptor);
    const std::string theirs =
        fmt::format("it was built for version {}.{} of the plug-in contract{}{}{}", descriptor.abi_major,
                    descriptor.abi_minor, tag.empty() ? "" : " (", tag, tag.empty() ? "" : ")");
    if (descriptor.abi_major != SF_ABI_MAJOR)
    {
        return fmt::format(
            "{}, {}. Build it again with this kernel's SDK, or install the plug-in and the kernel "
            "of one release",
            theirs, ours);
    }
    if (descriptor.abi_minor > SF_ABI_MINOR)
    {
        return fmt::format("{}, {}. Update the kernel, or build the plug-in again with this kernel's SDK",
                           theirs, ours);
    }
    if (descriptor.size < descriptor_floor)
    {
        return fmt::format(
            "{}, {}, but its descriptor has {} bytes, and at least {} are needed. Build it again "
            "with this kernel's SDK",
            theirs, ours, descriptor.size, descriptor_floor);
    }
    return std::nullopt;
}

std::unique_ptr<Plugin> read_plugin(const sf_plugin& descriptor, const std::filesystem::path& file,
                                    std::string& problem)
{
    if (auto refusal = check_descriptor(descriptor))
    {
        problem = std::move(*refusal);
        return nullptr;
    }
    if (!is_name(descriptor.name, "-_"))
    {
        problem = "the plug-in has no name of lower-case letters, digits, '-' and '_'";
        return nullptr;
    }
    if (descriptor.role_count == 0 || descriptor.roles == nullptr || descriptor.role_size < role_floor)
    {
        problem = "the plug-in offers no role";
        return nullptr;
    }

    auto plugin = std::make_unique<Plugin>();
    plugin->name = descriptor.name;
    plugin->version = text_of(descriptor.version);
    plugin->description = text_of(descriptor.description);
    plugin->tag = tag_of(descriptor);
    plugin->abi_major = descriptor.abi_major;
    plugin->abi_minor = descriptor.abi_minor;
    plugin->file = file;
    plugin->roles.reserve(descriptor.role_count);
    for (const sf_role& given : copy_rows(descriptor.roles, descriptor.role_size, descriptor.role_count))
    {
        Role role;
        role.plugin = plugin.get();
        auto wrong = fill_role(given, role);
        if (!wrong && offers_twice(*plugin, role))
        {
            wrong = "the plug-in offers it twice";
        }
        if (wrong)
        {
            problem = fmt::format("the {} role '{}' is malformed: {}. Its author has to mend this",
                                  role_name(given.role), text_of(given.name), *wrong);
            return nullptr;
        }
        plugin->roles.push_back(std::move(role));
    }
    return plugin;
}

std::unique_ptr<Plugin> read_plugin(sf_plugin_entry entry, const std::filesystem::path& file,
                                    std::string& problem)
{
    const sf_plugin* descriptor = nullptr;
    try
    {
        descriptor = entry();
    }
    catch (const std::exception& error)
    {
        problem = fmt::format("its entry '{}' threw an exception: {}", SF_PLUGIN_ENTRY_NAME, error.what());
        return nullptr;
    }
    catch (...)
    {
        problem = fmt::format("its entry '{}' threw an exception", SF_PLUGIN_ENTRY_NAME);
        return nullptr;
    }
    if (descriptor == nullptr)
    {
        problem =
            fmt::format("its entry '{}' returned no descriptor: the plug-in says that it cannot work here",
                        SF_PLUGIN_ENTRY_NAME);
        return nullptr;
    }
    return read_plugin(*descriptor, file, problem);
}

} // namespace spaceframe::plugin_host
