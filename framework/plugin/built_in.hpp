#pragma once

#include <spaceframe/plugin/abi.h>

#include <span>

namespace spaceframe::plugin_host
{

/// The entries of the plug-ins that are built into the kernel, from a table that the build generates: none
/// unless SPACEFRAME_STATIC_PLUGINS is on. They are claimed before any file.
std::span<const sf_plugin_entry> built_in_plugins();

} // namespace spaceframe::plugin_host
