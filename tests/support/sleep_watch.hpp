#pragma once

#include <cstddef>
#include <mutex>
#include <string>
#include <vector>

#include <sys/types.h>

namespace spaceframe::testing
{

// Tells when threads are asleep in whatever they wait for: for calls that nobody can see to have begun.
class SleepWatch
{
public:
    // To be called by the thread right before the call that sleeps.
    void add_this_thread();

    // Waits until `count` threads were added, and all of them slept at one and the same moment. Throws after
    // `limit`.
    void wait_until_all_sleep(std::size_t count);

private:
    std::mutex mutex_;
    std::vector<pid_t> threads_;
};

} // namespace spaceframe::testing
