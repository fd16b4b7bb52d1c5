#pragma once

#include "description.hpp"

#include <string_view>

namespace spaceframe::manifest
{

/// An endpoint that the host adds in code: as if the manifest had `bind URI` or `connect URI` at the socket.
/// Throws std::invalid_argument with a sentence when the URI cannot be parsed or no plug-in serves it. Any
/// thread.
Endpoint make_endpoint(const SocketDescription& socket, const plugin_host::Registry& registry, bool bind,
                       std::string_view uri);

} // namespace spaceframe::manifest
