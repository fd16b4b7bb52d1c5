#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace spaceframe::pattern
{

/// Which peer a message goes to.
enum class Outbound : std::uint8_t
{
    none,         ///< the pattern does not send
    load_balance, ///< the next peer in turn that has room
    route,        ///< the peer whose identity is the first frame
    fan_out,      ///< every peer that subscribed to it
    upstream,     ///< every peer; what begins with 01 or 00 subscribes there, or cancels
    reply,        ///< the peer of the request being answered
    exclusive,    ///< the only peer
};

/// Where received messages come from.
enum class Inbound : std::uint8_t
{
    none,       ///< the pattern does not receive
    fair_queue, ///< all peers in turn
    filtered,   ///< all peers in turn, what was subscribed to
    lockstep,   ///< one request or reply at a time
};

/// What a message means that finds its peer full.
enum class WhenFull : std::uint8_t
{
    wait,        ///< the send waits
    refuse,      ///< the send fails
    drop_newest, ///< the message is dropped, for this peer
    drop_oldest, ///< it takes the place of the oldest that wait for the peer
    disconnect,  ///< the peer is disconnected
};

/// What is put before a received message, or taken off a sent one.
enum class Envelope : std::uint8_t
{
    none,
    identity,  ///< the peer's identity
    delimiter, ///< an empty frame
    trace,     ///< everything up to the first empty frame
};

/// A socket pattern. The engine reads rows and never asks for a pattern by name.
struct Row
{
    std::string_view name;      ///< in a manifest
    std::string_view wire_name; ///< in a handshake
    std::string_view peers;     ///< wire names that it may talk to, separated by blanks
    Outbound outbound;
    Inbound inbound;
    WhenFull when_full; ///< as in ZeroMQ
    Envelope envelope;
    bool sends_identity;      ///< announces its identity in the handshake
    bool sends_subscriptions; ///< subscribes at its peers
};

/// True where messages go to one peer after another, and wait for the next one when there is none.
constexpr bool takes_turns(const Row& row) noexcept
{
    return row.outbound == Outbound::load_balance || row.outbound == Outbound::exclusive;
}

/// True where a message goes to several peers at once.
constexpr bool multiplies(const Row& row) noexcept
{
    return row.outbound == Outbound::fan_out || row.outbound == Outbound::upstream;
}

/// Rows of the eleven patterns of ZeroMQ (RFC 28, 29, 30, 31).
std::span<const Row> patterns() noexcept;

/// The row of that name, in lower case; nullptr when there is none.
const Row* find_pattern(std::string_view name) noexcept;

/// May a socket of `row` talk to a peer that announces `wire_name`? An empty name (the protocol does not say)
/// is welcome everywhere.
bool may_talk(const Row& row, std::string_view wire_name) noexcept;

} // namespace spaceframe::pattern
