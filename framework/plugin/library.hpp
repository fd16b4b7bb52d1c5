#pragma once

#include "role.hpp"

#include <filesystem>
#include <memory>
#include <string>

namespace spaceframe::plugin_host
{

/// Loads the plug-in in `file` (an absolute path), reads and checks it. The library stays mapped for ever,
/// whatever the outcome. nullptr when anything is wrong, with the reason and the remedy in `problem`: a
/// sentence whose subject is the file, which it does not name.
std::unique_ptr<Plugin> load_library(const std::filesystem::path& file, std::string& problem);

} // namespace spaceframe::plugin_host
