#pragma once

#include "exit_code.hpp"

#include <optional>
#include <string>

namespace tool
{

struct PluginListOptions
{
    bool json = false;    ///< an array with an object for each role
    bool options = false; ///< the options of each role too
    bool verbose = false; ///< every file that was looked at, and the verdict
    std::string name;     ///< only the role, or the plug-in, of that name; empty: all
};

/// `plugins`: lists what is found beside the library and in SPACEFRAME_PLUGIN_PATH. Broken files are reported
/// on stderr, and end with exit_broken_plugin; a name that nobody has with exit_failed.
ExitCode list_plugins(const PluginListOptions& options);

} // namespace tool
