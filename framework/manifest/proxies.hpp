#pragma once

#include "options.hpp"

namespace spaceframe::manifest
{

/// Checks the `proxies` section, after the sockets, and adds its entries to the description.
void check_proxies(const Context& context, const Node& section);

} // namespace spaceframe::manifest
