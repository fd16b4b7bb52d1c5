#pragma once

#include <spaceframe/config.hpp>

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{

/// An option of a role; values are written as in a manifest.
struct PluginOption
{
    std::string key;
    std::string type; ///< "bool", "integer", "real", "text", "bytes", "duration", "percent", "choice"
    std::string default_value;
    std::string minimum; ///< inclusive; empty for none
    std::string maximum; ///< inclusive; empty for none
    std::vector<std::string> choices;
    std::string help; ///< one sentence without the final stop
};

/// A role that a plug-in offers.
struct PluginRole
{
    std::string role; ///< "transport", "protocol", "backpressure", "reconnect"
    std::string name; ///< what a manifest calls it
    std::string summary;
    std::vector<PluginOption> options;
};

/// A plug-in that was taken.
struct PluginInfo
{
    std::string name;
    std::string version;
    std::string description;
    std::string contract;       ///< the version of the plug-in contract it was built for: "0.1"
    std::string tag;            ///< free text of its build: the compiler, say
    std::filesystem::path file; ///< empty when it is built into the kernel
    std::vector<PluginRole> roles;
};

/// A folder in which plug-ins were looked for.
struct PluginFolder
{
    std::filesystem::path path;
    std::string origin;  ///< who named it: "search", "SPACEFRAME_PLUGIN_PATH", "beside the kernel"
    std::string verdict; ///< for people: "searched", "not there", or why it could not be read
};

/// A file that was looked at.
struct PluginFile
{
    std::filesystem::path path;
    bool taken = false;
    std::string verdict;    ///< for people: what was taken, or why not and what to do about it
    std::size_t folder = 0; ///< where it was found: an index into PluginListing::folders
};

/// What a search for plug-ins found.
struct PluginListing
{
    std::vector<PluginInfo> plugins;   ///< in the order in which they were found
    std::vector<PluginFolder> folders; ///< in the order of the search
    std::vector<PluginFile> files;     ///< every file in them, in the order in which they were found
    std::vector<std::string> problems; ///< broken files, names claimed twice, folders that cannot be read
};

/// Looks for plug-ins as a manifest does: in `search` (absolute paths), then in the folders that
/// SPACEFRAME_PLUGIN_PATH lists (not under elevated privileges), then in spaceframe/plugins beside the
/// kernel's library. Loads what it finds; code that is loaded stays mapped. Any thread. Throws std::bad_alloc
/// only.
SPACEFRAME_API PluginListing list_plugins(const std::vector<std::filesystem::path>& search = {});

/// The one of `names` that was probably meant by `word`; empty when none is near. Any thread. Throws
/// std::bad_alloc only.
SPACEFRAME_API std::string nearest_name(std::string_view word, const std::vector<std::string>& names);

} // namespace spaceframe
