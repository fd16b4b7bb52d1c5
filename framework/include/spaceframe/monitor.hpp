#pragma once

#include <spaceframe/event.hpp>
#include <spaceframe/socket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

namespace spaceframe
{

namespace engine
{
class EventQueue;
}

/// An event as a monitor keeps it. See Event for what each kind says.
struct MonitorEvent
{
    Event::Kind kind = Event::Kind::bound;
    std::chrono::system_clock::time_point time; ///< when it happened
    std::string endpoint;
    std::string peer;
    std::string identity;
    PeerId peer_id;
    error_code error;
    std::string reason;
    std::chrono::nanoseconds delay{0};
    std::uint64_t lost = 0; ///< events between the one before and this one, for which there was no room
};

/// Keeps what happens to one socket from now on, for somebody who reads it when he likes: each change of
/// state of its endpoints and connections, in order for each connection. (KernelOptions::on_event tells the
/// same at once, for all sockets.)
///
/// The socket never waits for a monitor. One that is full loses what comes next, and says how many events
/// those were in the first that it keeps again. A socket may have several monitors; copies name the same one,
/// which ends with the last of them; a call of
/// async_receive() that waits is one. All functions may be called from any thread.
class SPACEFRAME_API Monitor
{
public:
    static constexpr std::size_t default_capacity = 1000;

    /// Keeps up to `capacity` events, at least one, that nobody has read yet.
    explicit Monitor(const Socket& socket, std::size_t capacity = default_capacity);

    /// Waits for the next event, with the same errors as Socket::receive(Timeout): errc::timed_out,
    /// errc::would_block, errc::would_deadlock, and errc::terminated when all has been read and the socket is
    /// closed.
    MonitorEvent receive(Timeout timeout = wait_forever);
    bool receive(MonitorEvent& event, Timeout timeout, error_code& error);

    /// All events that were lost since the monitor is there.
    std::uint64_t lost() const noexcept;

private:
    friend struct detail::SocketAccess;
    Socket socket_;
    std::shared_ptr<engine::EventQueue> queue_;
};

} // namespace spaceframe
