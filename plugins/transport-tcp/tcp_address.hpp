#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::tcp
{

// The address of an endpoint, taken apart: HOST:PORT.
//
// HOST is an IPv4 address, an IPv6 address in brackets ("[fe80::1%eth0]"), a name, or, for listening, `*` or
// the name of a network interface. PORT is 1 to 65535; for listening also 0 or `*`, which take a free one. As
// in ZeroMQ, but for the source address ("SOURCE;DESTINATION"), which is not supported.
struct TcpAddress
{
    std::string host; // without brackets; empty for `*`
    std::uint16_t port = 0;
    std::optional<sf_address> numeric; // set when `host` is a number
};

// Throws plugin::Error with SF_INVALID. Looks nothing up; whether an interface named as a scope exists counts
// as syntax.
TcpAddress parse_address(std::string_view text, bool listening);

} // namespace spaceframe::tcp
