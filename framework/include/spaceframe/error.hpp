#pragma once

#include <spaceframe/config.hpp>

#include <boost/system/error_category.hpp>
#include <boost/system/error_code.hpp>

#include <type_traits>

namespace spaceframe
{

/// What Spaceframe's operations fail with. Failures of the operating system keep their own code in
/// `boost::system::system_category()`; cancelled operations complete with
/// `boost::asio::error::operation_aborted`.
enum class errc
{
    /// The operation cannot be done now without waiting: no peer has room, or no message has come.
    would_block = 1,
    /// The deadline of the operation passed. A send that timed out was not sent.
    timed_out,
    /// No peer is connected and the operation does not wait for one.
    not_connected,
    /// The connection was closed because a write was torn in the middle of a message, and can never be used
    /// again.
    poisoned,
    /// A frame, a message or a handshake exceeds its cap, or a message exceeds the whole budget of its
    /// socket.
    too_large,
    /// The kernel was closed.
    terminated,
    /// The process was forked; only the parent may use the kernel.
    forked,
    /// A blocking call was made by the thread that would have to complete it.
    would_deadlock,
    /// The peer's pattern does not talk to ours.
    incompatible_peer,
    /// ROUTER: no peer has the identity in the message's first frame, and `router_mandatory` is on.
    host_unreachable,
    /// The pattern does not send, or does not receive.
    not_supported,
    /// An argument is wrong: an empty message, a name that leads to nothing, an endpoint that cannot be
    /// parsed.
    invalid_argument,
    /// The peer broke the protocol.
    protocol_error,
    /// The other side, or a policy, refused.
    refused,
    /// The peer ended the connection.
    connection_closed,
    /// An allocation failed.
    no_memory,
    /// A plug-in reported a failure that has no code of its own; the log has its words.
    plugin_failed,
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
