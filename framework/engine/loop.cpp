#include "engine/loop.hpp"

#include "engine/reporter.hpp"

#include <algorithm>
#include <csignal>
#include <string>

#include <pthread.h>

namespace spaceframe::engine
{

Loop::Loop(std::size_t index, std::chrono::nanoseconds spin)
    : index_(index)
    , spin_(spin)
    , work_(boost::asio::make_work_guard(context_))
{}

Loop::Loop(std::size_t index, std::shared_ptr<detail::Context> context)
    : index_(index)
    , spin_(std::chrono::nanoseconds(0))
    , strand_(std::make_unique<Strand>(std::move(context)))
    , work_(boost::asio::make_work_guard(context_))
{}

Loop::~Loop()
{
    if (thread_.joinable())
    {
        finish();
    }
}

bool Loop::running_here() const noexcept
{
    if (strand_)
    {
        return strand_->running_here();
    }
    return const_cast<boost::asio::io_context&>(context_).get_executor().running_in_this_thread() ||
           reporting_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

void Loop::report_to(Reporter& reporter) noexcept
{
    reporter_ = &reporter;
    if (strand_)
    {
        strand_->report_to(reporter, index_);
    }
}

/// Inside a catch clause. The exception has left the handler, but a hook that is told of it may wait for this
/// loop no more than the handler could.
void Loop::report_escape() noexcept
{
    if (reporter_ != nullptr)
    {
        reporting_.store(std::this_thread::get_id(), std::memory_order_relaxed);
        reporter_->report_escape(index_);
        reporting_.store({}, std::memory_order_relaxed);
    }
}

void Loop::start_thread()
{
    if (thread_.joinable())
    {
        return;
    }
    // Signals belong to the host's threads.
    sigset_t all;
    sigset_t previous;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &previous);
    try
    {
        thread_ = std::thread(
            [this]
            {
                while (!context_.stopped())
                {
                    try
                    {
                        if (spin_.duration().count() == 0)
                        {
                            context_.run();
                        }
                        else
                        {
                            wait_one(Clock::time_point::max());
                        }
                    }
                    catch (...)
                    {
                        report_escape();
                    }
                }
            });
    }
    catch (...)
    {
        pthread_sigmask(SIG_SETMASK, &previous, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
    has_thread_.store(true);
    pthread_setname_np(thread_.native_handle(), ("spaceframe/" + std::to_string(index_)).c_str());
}

void Loop::let_end() noexcept
{
    work_.reset();
}

void Loop::finish()
{
    let_end();
    if (thread_.joinable())
    {
        thread_.join();
    }
    else
    {
        while (!over())
        {
            run_one(Clock::time_point::max());
        }
    }
}

std::size_t Loop::poll() noexcept
{
    // Not for ever, where handlers come faster than they end: whoever polls has something else to do.
    constexpr std::size_t most = 1000;
    std::size_t handlers = 0;
    while (handlers < most)
    {
        try
        {
            if (context_.poll_one() == 0)
            {
                break;
            }
        }
        catch (...)
        {
            report_escape();
        }
        ++handlers;
    }
    return handlers;
}

std::size_t Loop::run_one(Clock::time_point deadline) noexcept
{
    try
    {
        return wait_one(deadline);
    }
    catch (...)
    {
        report_escape();
        return 1;
    }
}

std::size_t Loop::wait_one(Clock::time_point deadline)
{
    if (spin_.worthwhile())
    {
        const auto end = std::min(deadline, deadline_after(spin_.duration()));
        do
        {
            if (context_.poll_one() > 0)
            {
                spin_.found();
                return 1;
            }
            if (over())
            {
                return 0;
            }
        }
        while (Clock::now() < end);
        spin_.missed();
    }
    return deadline == Clock::time_point::max() ? context_.run_one() : context_.run_one_until(deadline);
}

void Seat::poll()
{
    if (take())
    {
        const Occupation occupation(*this);
        loop_.poll();
    }
}

void Seat::finish()
{
    loop_.let_end();
    wait(
        [this]
        {
            return over_.load();
        },
        Clock::time_point::max());
}

void Seat::notify() noexcept
{
    changed_.notify();
    if (taken_.load() && !loop_.running_here())
    {
        try
        {
            loop_.post([] {});
        }
        catch (...)
        {
            // Without memory for a wake-up the driver notices at its next event.
            return;
        }
    }
}

} // namespace spaceframe::engine
