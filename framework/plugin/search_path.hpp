#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spaceframe::plugin_host
{

/// A folder in which plug-ins are looked for.
struct SearchFolder
{
    std::filesystem::path path; ///< absolute
    bool required = true;       ///< it is an error when the folder is not there
    const char* origin = "";    ///< who named it: see PluginFolder
};

/// All folders in order: `given` (absolute paths), the entries of SPACEFRAME_PLUGIN_PATH (separated by ':';
/// not under elevated privileges), and spaceframe/plugins beside the file that holds the kernel's code. Never
/// the working directory: a relative entry is left out, and `problems` receives a sentence about it.
std::vector<SearchFolder> search_folders(const std::vector<std::filesystem::path>& given,
                                         std::vector<std::string>& problems);

/// The entries of a list such as SPACEFRAME_PLUGIN_PATH holds; empty ones are skipped.
std::vector<std::filesystem::path> split_path_list(const std::string& list);

} // namespace spaceframe::plugin_host
