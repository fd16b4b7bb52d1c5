#include "engine/timer.hpp"

#include "engine/loop.hpp"

#include <boost/asio/steady_timer.hpp>

#include <chrono>
#include <new>

/// A timer of a loop. Lives until it is closed and the last start has completed.
struct sf_timer
{
    explicit sf_timer(boost::asio::io_context& context) : timer(context)
    {}

    boost::asio::steady_timer timer;
    std::uint64_t generation = 0;
    int outstanding = 0;
    bool closed = false;
};

namespace spaceframe::engine
{

sf_status timer_open(const sf_host* /*host*/, sf_loop* loop, sf_timer** timer)
{
    *timer = new (std::nothrow) sf_timer(Loop::from(loop).context());
    return *timer == nullptr ? SF_NO_MEMORY : SF_OK;
}

void timer_start(const sf_host* /*host*/, sf_timer* timer, uint64_t delay, sf_callback callback,
                 void* context)
{
    const std::uint64_t generation = ++timer->generation;
    ++timer->outstanding;
    timer->timer.expires_at(deadline_after(
        std::chrono::nanoseconds(static_cast<std::int64_t>(delay > INT64_MAX ? INT64_MAX : delay))));
    timer->timer.async_wait(
        [timer, generation, callback, context](const boost::system::error_code& error)
        {
            // A timer that expired just before it was cancelled completes without an error.
            const bool cancelled = error || timer->closed || generation != timer->generation;
            if (--timer->outstanding == 0 && timer->closed)
            {
                delete timer;
            }
            callback(context, cancelled ? SF_CANCELLED : SF_OK);
        });
}

void timer_cancel(const sf_host* /*host*/, sf_timer* timer)
{
    ++timer->generation;
    timer->timer.cancel();
}

void timer_close(const sf_host* host, sf_timer* timer)
{
    timer_cancel(host, timer);
    timer->closed = true;
    if (timer->outstanding == 0)
    {
        delete timer;
    }
}

} // namespace spaceframe::engine
