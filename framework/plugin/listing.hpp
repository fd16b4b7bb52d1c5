#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugins.hpp>

namespace spaceframe::plugin_host
{

/// A row of a table of options, for people. It must have passed check_options().
PluginOption describe(const sf_option& option);

} // namespace spaceframe::plugin_host
