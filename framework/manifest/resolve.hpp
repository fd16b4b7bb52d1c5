#pragma once

#include "description.hpp"

#include <spaceframe/option_value.hpp>

#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// An endpoint that the host adds in code: as if the manifest had `bind URI` or `connect URI` at the socket,
/// with `overrides` in its block: options of the kernel for endpoints, of the transport and of the protocol.
/// The reconnect policy, and what the engine has to know of before it starts, are the socket's. Throws
/// std::invalid_argument with a sentence when the URI cannot be parsed, no plug-in serves it, or an option is
/// wrong. Any thread.
Endpoint make_endpoint(const SocketDescription& socket, const plugin_host::Registry& registry, bool bind,
                       std::string_view uri, const std::vector<Option>& overrides = {});

/// A connection that the host hands over, as an endpoint of that name; otherwise as make_endpoint(). Throws
/// std::invalid_argument when no plug-in serves the transport, or an option is wrong.
Endpoint make_adopted(const SocketDescription& socket, const plugin_host::Registry& registry,
                      const std::string& transport, std::string name, const std::vector<Option>& overrides);

} // namespace spaceframe::manifest
