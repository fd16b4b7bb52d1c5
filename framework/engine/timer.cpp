#include "engine/timer.hpp"

#include "engine/loop_timer.hpp"

#include <chrono>
#include <new>

/// A timer of a loop. Lives until it is closed and the last start has completed.
struct sf_timer
{
    explicit sf_timer(spaceframe::engine::Loop& loop) : timer(loop)
    {}

    spaceframe::engine::LoopTimer timer;
    std::uint64_t generation = 0;
    int outstanding = 0;
    bool closed = false;
};

namespace spaceframe::engine
{

sf_status timer_open(const sf_host* /*host*/, sf_loop* loop, sf_timer** timer)
{
    try
    {
        *timer = new sf_timer(Loop::from(loop));
        return SF_OK;
    }
    catch (const std::bad_alloc&)
    {
        return SF_NO_MEMORY;
    }
}

void timer_start(const sf_host* /*host*/, sf_timer* timer, uint64_t delay, sf_callback callback,
                 void* context)
{
    const std::uint64_t generation = ++timer->generation;
    ++timer->outstanding;
    const auto when = deadline_after(
        std::chrono::nanoseconds(static_cast<std::int64_t>(delay > INT64_MAX ? INT64_MAX : delay)));
    try
    {
        timer->timer.start(when,
                           [timer, generation, callback, context](const boost::system::error_code& error)
                           {
                               // A timer that expired just before it was cancelled completes without an
                               // error.
                               const bool cancelled =
                                   error || timer->closed || generation != timer->generation;
                               if (--timer->outstanding == 0 && timer->closed)
                               {
                                   delete timer;
                               }
                               callback(context, cancelled ? SF_CANCELLED : SF_OK);
                           });
    }
    catch (const std::bad_alloc&)
    {
        --timer->outstanding;
        callback(context, SF_NO_MEMORY);
    }
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
