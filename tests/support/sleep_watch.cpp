#include "sleep_watch.hpp"

#include "test_kernel.hpp"

#include <chrono>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <thread>

#include <unistd.h>

namespace spaceframe::testing
{
namespace
{

// How often a thread that sleeps now has gone to sleep; nothing for one that does not.
std::optional<std::string> sleeps_of(pid_t thread)
{
    std::ifstream status("/proc/self/task/" + std::to_string(thread) + "/status");
    bool asleep = false;
    for (std::string line; std::getline(status, line);)
    {
        if (line.starts_with("State:"))
        {
            asleep = line.find('S', 6) != std::string::npos;
        }
        else if (line.starts_with("voluntary_ctxt_switches:") && asleep)
        {
            return line;
        }
    }
    return std::nullopt;
}

// Nothing unless all of them sleep.
std::optional<std::vector<std::string>> sleeps_of(const std::vector<pid_t>& threads)
{
    std::vector<std::string> sleeps;
    for (const pid_t thread : threads)
    {
        const auto count = sleeps_of(thread);
        if (!count)
        {
            return std::nullopt;
        }
        sleeps.push_back(*count);
    }
    return sleeps;
}

} // namespace

void SleepWatch::add_this_thread()
{
    const std::lock_guard guard(mutex_);
    threads_.push_back(::gettid());
}

void SleepWatch::wait_until_all_sleep(std::size_t count)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (std::chrono::steady_clock::now() < end)
    {
        std::vector<pid_t> threads;
        {
            const std::lock_guard guard(mutex_);
            threads = threads_;
        }
        // Who has not woken between two looks slept all the time between them.
        const auto first = sleeps_of(threads);
        if (threads.size() == count && first && sleeps_of(threads) == first)
        {
            return;
        }
        std::this_thread::yield();
    }
    throw std::runtime_error("threads that should sleep do not");
}

} // namespace spaceframe::testing
