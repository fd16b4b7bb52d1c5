#pragma once

#include "engine/waiting.hpp"

#include <spaceframe/monitor.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>

namespace spaceframe::engine
{

/// What a Monitor has not read yet. [any], never under the socket's lock.
class EventQueue : public std::enable_shared_from_this<EventQueue>
{
public:
    EventQueue(SocketCore& socket, std::size_t capacity);

    /// Keeps the event, or counts it as lost. `socket`'s waiting threads are woken by whoever calls.
    void push(const Event& event) noexcept;
    /// There are no more.
    void end() noexcept;
    /// True: `event` is the next one, or `error` says that none will come.
    bool take(MonitorEvent& event, error_code& error) noexcept;

    std::uint64_t lost() const noexcept
    {
        return lost_.load();
    }

    /// Asynchronous calls that wait for an event of this queue.
    Waiting& waiting() noexcept
    {
        return waiting_;
    }

private:
    void lose() noexcept;

    const std::size_t capacity_;
    std::mutex mutex_;
    std::deque<MonitorEvent> events_;
    std::uint64_t gap_ = 0; // lost since the last one that was kept
    bool ended_ = false;
    std::atomic<std::uint64_t> lost_{0};
    Waiting waiting_;
};

} // namespace spaceframe::engine
