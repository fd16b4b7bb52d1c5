#pragma once

#include "settings.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstdint>

namespace spaceframe::zmtp
{

// The clockwork of PING and PONG (RFC 37, "Connection Heartbeating"), without a clock. Runs once the session
// is active. PINGs go to ZMTP 3.1 peers only: older ones do not know the command.
class Heartbeat
{
public:
    explicit Heartbeat(const Settings& settings) noexcept;

    // The session became active.
    void start(sf_time now, bool peer_knows_ping) noexcept;

    // Anything came from the peer.
    void heard(sf_time now) noexcept
    {
        last_heard_ = now;
        dead_at_ = SF_NEVER;
    }

    // A PING came, with this TTL in tenths of a second.
    void asked(std::uint16_t ttl) noexcept;

    enum class Action
    {
        none,
        ping,   // send a PING, with ttl()
        silence // the peer has been silent for too long
    };

    // What is due at `now`; to be called until it says `none`.
    Action tick(sf_time now) noexcept;

    // When `tick` has something to do next.
    sf_time next() const noexcept;

    // For our own PINGs, in tenths of a second, rounded up.
    std::uint16_t ttl() const noexcept
    {
        return our_ttl_;
    }

private:
    sf_time silent_at() const noexcept;

    sf_time interval_;
    sf_time timeout_;
    sf_time ping_at_ = SF_NEVER;  // the next PING is due
    sf_time dead_at_ = SF_NEVER;  // since a PING nothing was heard
    sf_time peer_ttl_ = SF_NEVER; // the peer's last PING wants us to give up after this silence
    sf_time last_heard_ = 0;
    std::uint16_t our_ttl_;
};

} // namespace spaceframe::zmtp
