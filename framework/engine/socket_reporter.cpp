#include "engine/socket_reporter.hpp"

#include "engine/socket_core.hpp"

#include <algorithm>

namespace spaceframe::engine
{

Event SocketReporter::event(Event::Kind kind, std::string_view endpoint, std::size_t loop) const noexcept
{
    Event event;
    event.kind = kind;
    event.socket = socket_.description().name;
    event.endpoint = endpoint;
    event.loop = loop;
    return event;
}

void SocketReporter::report(const Event& event) noexcept
{
    kernel_.report(event);
    bool monitored = false;
    for_each_monitor(
        [&](EventQueue& queue)
        {
            queue.push(event);
            monitored = true;
        });
    if (monitored)
    {
        socket_.notify();
    }
}

void SocketReporter::report(Event event, const Failure& failure) noexcept
{
    event.error = failure.code;
    event.reason = failure.text;
    report(event);
}

void SocketReporter::add_monitor(const std::shared_ptr<EventQueue>& queue)
{
    const std::lock_guard guard(mutex_);
    if (ended_)
    {
        queue->end();
        return;
    }
    const auto place = std::find_if(monitors_.begin(), monitors_.end(),
                                    [](const auto& monitor)
                                    {
                                        return monitor.expired();
                                    });
    if (place == monitors_.end())
    {
        monitors_.push_back(queue);
    }
    else
    {
        *place = queue;
    }
}

void SocketReporter::end() noexcept
{
    {
        const std::lock_guard guard(mutex_);
        ended_ = true;
    }
    for_each_monitor(
        [](EventQueue& queue)
        {
            queue.end();
        });
    socket_.notify();
}

void SocketReporter::settle()
{
    for_each_monitor(
        [](EventQueue& queue)
        {
            queue.waiting().settle();
        });
}

/// Not under the lock, as handlers may be called; those that are added meanwhile keep the places of the
/// others.
template <class Function>
void SocketReporter::for_each_monitor(Function function)
{
    for (std::size_t i = 0;; ++i)
    {
        std::shared_ptr<EventQueue> queue;
        {
            const std::lock_guard guard(mutex_);
            if (i == monitors_.size())
            {
                return;
            }
            queue = monitors_[i].lock();
        }
        if (queue)
        {
            function(*queue);
        }
    }
}

} // namespace spaceframe::engine
