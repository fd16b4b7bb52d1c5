#pragma once

#include <spaceframe/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <type_traits>

namespace spaceframe
{

/// What Spaceframe's operations fail with, and what events say of connections. Failures of the operating
/// system keep their own code in `boost::system::system_category()`, whatever a plug-in makes of them;
/// operations that are cancelled end with `boost::asio::error::operation_aborted`.
enum class errc
{
    /// The operation cannot be done now without waiting: no peer has room, or no message has come.
    would_block = 1,
    /// The deadline of the operation passed; a send that timed out was not sent. Events: a handshake took too
    /// long, or a peer did not answer heartbeats.
    timed_out,
    /// The kernel was not started yet, and opens no endpoint before. (A send to nobody waits, or says
    /// would_block.)
    not_connected,
    /// Reserved for operations on one connection; none fails with it yet. A write that was torn in the middle
    /// of a message closes its connection for good, and the event says what tore it.
    poisoned,
    /// Sends: a backpressure policy refuses messages that are larger than the whole budget of the socket.
    /// Events: a peer sent a frame, a message or a handshake beyond its cap, subscribed to more topics than
    /// it may, or asked for more answers than it reads.
    too_large,
    /// The socket, or its kernel, was closed.
    terminated,
    /// Reserved for calls in a process that was forked; none fails with it yet. Only the parent may use the
    /// kernel.
    forked,
    /// A blocking call was made by the thread that would have to complete it.
    would_deadlock,
    /// Events: the peer's pattern does not talk to ours.
    incompatible_peer,
    /// ROUTER: no peer has the identity in the message's first frame, and `router_mandatory` is on. XPUB with
    /// `xpub_manual`: the peer whose message was received last has gone.
    host_unreachable,
    /// The pattern does not send, or does not receive, or this kernel lacks it; or a plug-in cannot do what
    /// it was asked for.
    not_supported,
    /// An argument is wrong: an empty message or batch, a ROUTER's message of one frame, a name that leads to
    /// nothing, an endpoint that cannot be parsed.
    invalid_argument,
    /// Events: the peer, or a protocol's plug-in, broke the protocol.
    protocol_error,
    /// Events: the peer ended the handshake with an error, or we did: another live peer has its identity. A
    /// refused TCP connection keeps the system's code.
    refused,
    /// Events: the peer ended the connection.
    connection_closed,
    /// An allocation failed.
    no_memory,
    /// A plug-in reported a failure that has no code of its own; the event's reason has its words.
    plugin_failed,
    /// REQ and REP: it is not the turn of a send, or of a receive. A request must be received before it is
    /// answered, and a reply before the next request is sent (EFSM in libzmq).
    wrong_state,
    /// REQ: the peer that had the request was lost before it replied. Told once, by a receive; the next
    /// request can be sent.
    request_lost,
    /// REQ: no reply came within `request_timeout`. Told once, by a receive; the next request can be sent.
    request_timed_out,
    /// A host and the library were compiled with versions of Boost, with macros, or with headers of the
    /// library, that do not go together.
    incompatible_boost,
    /// Sends: a peer has no room for the message, or the budget none, and `on_full` says that it is refused.
    no_room,
    /// Events: the host disconnected the peer, or the endpoint.
    disconnected,
};

/// The category of `errc`; its name is "spaceframe". Thread-safe, lives as long as the process.
SPACEFRAME_API const boost::system::error_category& error_category() noexcept;

inline boost::system::error_code make_error_code(errc code) noexcept
{
    return {static_cast<int>(code), error_category()};
}

using boost::system::error_code;

} // namespace spaceframe

template <>
struct boost::system::is_error_code_enum<spaceframe::errc> : std::true_type
{};
