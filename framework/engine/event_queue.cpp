#include "engine/event_queue.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace spaceframe::engine
{

EventQueue::EventQueue(SocketCore& socket, std::size_t capacity)
    : capacity_(std::max<std::size_t>(capacity, 1))
    , waiting_(socket)
{}

void EventQueue::push(const Event& event) noexcept
{
    try
    {
        MonitorEvent kept{event.kind,
                          std::chrono::system_clock::now(),
                          std::string(event.endpoint),
                          std::string(event.peer),
                          std::string(event.identity),
                          event.peer_id,
                          event.error,
                          std::string(event.reason),
                          event.delay};
        const std::lock_guard guard(mutex_);
        if (events_.size() < capacity_)
        {
            kept.lost = gap_;
            events_.push_back(std::move(kept));
            gap_ = 0;
        }
        else
        {
            lose();
        }
    }
    catch (const std::bad_alloc&)
    {
        const std::lock_guard guard(mutex_);
        lose();
    }
    waiting_.notify();
}

/// Under the lock.
void EventQueue::lose() noexcept
{
    ++gap_;
    lost_.fetch_add(1);
}

void EventQueue::end() noexcept
{
    {
        const std::lock_guard guard(mutex_);
        ended_ = true;
    }
    waiting_.notify();
}

bool EventQueue::take(MonitorEvent& event, error_code& error) noexcept
{
    const std::lock_guard guard(mutex_);
    error.clear();
    if (events_.empty())
    {
        error = ended_ ? make_error_code(errc::terminated) : error_code();
        return ended_;
    }
    event = std::move(events_.front());
    events_.pop_front();
    return true;
}

} // namespace spaceframe::engine
