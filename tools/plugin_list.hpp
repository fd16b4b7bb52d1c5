#pragma once

#include "exit_code.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tool
{

struct PluginListOptions
{
    bool json = false;    ///< an array with an object for each role
    bool options = false; ///< the options of each role too
    bool verbose = false; ///< on stderr: every folder, who named it, and the verdict on every file in it
    std::string name;     ///< only the role, or the plug-in, of that name; empty: all
    std::vector<std::string> search; ///< folders, as in a manifest's `search`; relative ones start here
};

/// `plugins`: lists what is found in `search`, in SPACEFRAME_PLUGIN_PATH and beside the library. Broken files
/// are reported on stderr, and end with exit_broken_plugin; a name that nobody has with exit_failed.
ExitCode list_plugins(const PluginListOptions& options);

/// `reference`: prints as Markdown all that a manifest may say, with the plug-ins that are found likewise.
/// Broken files are reported on stderr, and end with exit_broken_plugin.
ExitCode print_reference(const std::vector<std::string>& search);

} // namespace tool
