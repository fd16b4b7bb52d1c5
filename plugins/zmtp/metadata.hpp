#pragma once

#include "failure.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <string>
#include <string_view>

namespace spaceframe::zmtp
{

inline constexpr std::size_t identity_max = 255;

// What a peer says of itself in READY (RFC 37, "Connection Metadata"), where other properties are read over,
// or in the greeting of ZMTP 2.0.
struct Metadata
{
    std::string socket_type; // empty where the peer does not say
    std::string identity;    // empty: none, or of a pattern that has none
};

// Reads `properties`, the data of a READY command. `out` is unspecified after a failure. Names are compared
// without regard to case. Wrong are: a property that ends beyond the data, bytes behind the last one, an
// empty name, a Socket-Type that is no word, a property of these two given twice, an identity longer than 255
// bytes or starting with a zero byte (which RFC 37 reserves). Identities count from REQ, DEALER and ROUTER
// only.
Failure parse_metadata(std::string_view properties, Metadata& out);

// Keeps the identity of a peer whose `out.socket_type` is known already, or says what is wrong with it.
Failure take_identity(std::string_view identity, Metadata& out);

// The frame of our READY command.
std::string make_ready(const sf_session_config& config);

} // namespace spaceframe::zmtp
