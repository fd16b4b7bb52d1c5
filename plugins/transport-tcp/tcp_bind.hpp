#pragma once

#include "tcp_address.hpp"
#include "tcp_options.hpp"

#include <spaceframe/plugin/posix/descriptor.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>

#include <string>

namespace spaceframe::tcp
{

// A socket that listens on `address`, which was written as `text`.
//
// `*` listens on every interface: IPv4 alone, or both families with `ipv6` (IPv4 alone where the machine has
// no IPv6). The name of an interface stands for its address; any other name is looked up here and now, which
// blocks as long as the system's resolver takes. Of several addresses the first that this machine has is
// taken. Throws plugin::Error.
plugin::posix::Descriptor listening_socket(const std::string& text, const TcpAddress& address,
                                           const TcpOptions& options, const plugin::posix::SocketKind& kind);

} // namespace spaceframe::tcp
