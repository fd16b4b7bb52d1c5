#pragma once

#include "options.hpp"

namespace spaceframe::manifest
{

/// Checks the `sockets` section and adds its entries to the description.
void check_sockets(const Context& context, const Node& section);

} // namespace spaceframe::manifest
