#pragma once

#include "role.hpp"

#include <spaceframe/plugin/abi.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>

namespace spaceframe::plugin_host
{

/// Can this kernel read the descriptor? Looks at the frozen fields in the frozen order (magic, size, major,
/// minor) and only then at the size of the rest. Nothing when it can; otherwise a sentence with both versions
/// and the remedy.
std::optional<std::string> check_descriptor(const sf_plugin& descriptor);

/// The plug-in that a descriptor describes, its roles checked and their tables normalised. `file` is empty
/// for a plug-in that is built into the kernel. nullptr when anything is wrong, with the reason in `problem`.
std::unique_ptr<Plugin> read_plugin(const sf_plugin& descriptor, const std::filesystem::path& file,
                                    std::string& problem);

/// Calls the entry and reads what it returns; also when the entry throws, or returns NULL.
std::unique_ptr<Plugin> read_plugin(sf_plugin_entry entry, const std::filesystem::path& file,
                                    std::string& problem);

} // namespace spaceframe::plugin_host
