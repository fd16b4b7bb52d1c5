#pragma once

#include <spaceframe/config.hpp>
#include <spaceframe/error.hpp>
#include <spaceframe/peer.hpp>

#include <chrono>
#include <cstddef>
#include <string_view>

namespace spaceframe
{

/// A change in the life of an endpoint or of a connection.
struct Event
{
    enum class Kind
    {
        bound,        ///< an endpoint listens
        unbound,      ///< an endpoint no longer listens
        connecting,   ///< a dial begins; the transport looks names up meanwhile
        accepted,     ///< a peer connected to us; the handshake begins
        connected,    ///< a dial succeeded, or a connection was adopted; the handshake begins
        ready,        ///< the handshake is complete
        disconnected, ///< a connection that was ready ended
        failed,       ///< a dial, a handshake or accepting failed
        retrying,     ///< another dial follows after `delay`
        stopped,      ///< the reconnect policy gave up, or a connection that was adopted has ended
        closed, ///< an endpoint that dialled was closed, alone or with its socket, and dials no more; its
                ///< connection, if there is one, ends after that
    };

    Kind kind = Kind::bound;
    std::string_view socket; ///< its name
    std::string_view
        endpoint; ///< as in the manifest, or Socket::adopt's name; for `bound` with wildcards resolved
    std::string_view peer;     ///< the peer's address, where known
    std::string_view identity; ///< `ready`, `disconnected`: the peer's identity, possibly one that we made
    PeerId peer_id;            ///< `ready`, `disconnected`: for Socket::disconnect()
    std::size_t loop = 0;      ///< which of the kernel's loops the connection lives on
    error_code error;          ///< `disconnected`, `failed`, `retrying`, `stopped`: why
    std::string_view reason;   ///< the same in words
    std::chrono::nanoseconds delay{0}; ///< `retrying`
};

/// "bound", "unbound", …
SPACEFRAME_API std::string_view to_string(Event::Kind kind) noexcept;

} // namespace spaceframe
