#pragma once

#include <spaceframe/ledger.hpp>

#include <cstdint>
#include <string>

namespace spaceframe
{

/// Names a peer of a socket, and no other. One that was lost and comes back has another id: nothing is sent
/// to a ghost. Where messages wait for the peer that an endpoint of ours dials (PUSH, DEALER, REQ, PAIR,
/// unless `immediate`, and ROUTER with `connect_routing_id`), the id stays as long as the endpoint is there.
struct PeerId
{
    std::uint32_t index = UINT32_MAX;
    std::uint32_t epoch = 0;

    friend bool operator==(const PeerId&, const PeerId&) = default;
};

/// What Socket::peers() says of a peer, as it was at that moment.
struct PeerInfo
{
    PeerId id;
    std::string identity;   ///< of ROUTER's peers always, of others where they gave one
    std::string address;    ///< as its transport names it; empty while it is lost
    std::string endpoint;   ///< of ours, by which it came, or which dials it: as in the manifest, or as bound
    bool connected = false; ///< false: lost, and what waits for it goes when its endpoint has connected again
    PeerLedger ledger;
};

} // namespace spaceframe
