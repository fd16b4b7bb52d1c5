#include "engine/loop.hpp"

#include <algorithm>
#include <csignal>
#include <string>

#include <pthread.h>

namespace spaceframe::engine
{

Loop::Loop(std::size_t index) : index_(index), work_(boost::asio::make_work_guard(context_))
{}

Loop::~Loop()
{
    stop_thread();
}

bool Loop::running_here() const noexcept
{
    return const_cast<boost::asio::io_context&>(context_).get_executor().running_in_this_thread();
}

void Loop::start_thread()
{
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
                context_.run();
            });
    }
    catch (...)
    {
        pthread_sigmask(SIG_SETMASK, &previous, nullptr);
        throw;
    }
    pthread_sigmask(SIG_SETMASK, &previous, nullptr);
    pthread_setname_np(thread_.native_handle(), ("spaceframe/" + std::to_string(index_)).c_str());
}

void Loop::stop_thread()
{
    if (thread_.joinable())
    {
        work_.reset();
        thread_.join();
    }
}

std::size_t Loop::poll()
{
    return context_.poll();
}

std::size_t Loop::run_one(Clock::time_point deadline)
{
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
