#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::zmtp
{

// The options of the role, in nanoseconds.
struct Settings
{
    sf_time handshake_ivl = 30'000'000'000; // from start to READY; 0 or SF_NEVER: no limit
    sf_time heartbeat_ivl = 0;              // between two PINGs; 0 or SF_NEVER: none are sent
    sf_time heartbeat_timeout = 0; // silence allowed after a PING; 0: as heartbeat_ivl; SF_NEVER: no limit
    sf_time heartbeat_ttl = 0;     // what a PING asks of the peer; 0: nothing
};

} // namespace spaceframe::zmtp
