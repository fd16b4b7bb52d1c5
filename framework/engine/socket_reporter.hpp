#pragma once

#include "engine/event_queue.hpp"
#include "engine/failure.hpp"
#include "engine/reporter.hpp"

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

namespace spaceframe::engine
{

/// Tells what happens to the endpoints and connections of one socket: to the host, and to the monitors of the
/// socket. [any], never under a lock.
class SocketReporter
{
public:
    SocketReporter(Reporter& kernel, SocketCore& socket) noexcept : kernel_(kernel), socket_(socket)
    {}
    SocketReporter(const SocketReporter&) = delete;
    SocketReporter& operator=(const SocketReporter&) = delete;

    /// An event of this socket, for the caller to complete; the views are the caller's.
    Event event(Event::Kind kind, std::string_view endpoint, std::size_t loop) const noexcept;
    void report(const Event& event) noexcept;
    /// The event with what a failure says.
    void report(Event event, const Failure& failure) noexcept;

    /// The socket's events go there, too, as long as it is there. Throws std::bad_alloc.
    void add_monitor(const std::shared_ptr<EventQueue>& queue);
    /// Nothing happens any more: whoever waits for an event hears that.
    void end() noexcept;
    /// See Waiting::settle().
    void settle();

    Reporter& kernel() noexcept
    {
        return kernel_;
    }
    Host& host() const noexcept
    {
        return kernel_.host();
    }

private:
    template <class Function>
    void for_each_monitor(Function function);

    Reporter& kernel_;
    SocketCore& socket_;
    std::mutex mutex_;
    std::vector<std::weak_ptr<EventQueue>> monitors_;
    bool ended_ = false;
};

} // namespace spaceframe::engine
