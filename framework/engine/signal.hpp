#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace spaceframe::engine
{

using Clock = std::chrono::steady_clock;

/// The moment `timeout` from now; the end of time for timeouts that reach beyond it.
inline Clock::time_point deadline_after(std::chrono::nanoseconds timeout) noexcept
{
    if (timeout == std::chrono::nanoseconds::max())
    {
        return Clock::time_point::max();
    }
    const auto now = Clock::now();
    return timeout > Clock::time_point::max() - now ? Clock::time_point::max() : now + timeout;
}

/// Wakes threads that wait for a state to change, at the cost of one load where nobody waits (an event
/// count).
class Signal
{
public:
    /// [any] After the state changed, and after the lock that guards it was taken at least once since.
    void notify() noexcept
    {
        if (waiters_.load() > 0)
        {
            {
                const std::lock_guard lock(mutex_);
                ++epoch_;
            }
            changed_.notify_all();
        }
    }

    /// [any] Waits until `ready()` or `deadline`; returns what `ready()` said last. `ready` takes the lock
    /// that guards the state.
    template <class Ready>
    bool wait(Ready ready, Clock::time_point deadline)
    {
        const Registration registration(waiters_);
        for (;;)
        {
            std::uint64_t seen = 0;
            {
                const std::lock_guard lock(mutex_);
                seen = epoch_;
            }
            if (ready())
            {
                return true;
            }
            std::unique_lock lock(mutex_);
            const auto changed = [&]
            {
                return epoch_ != seen;
            };
            if (deadline == Clock::time_point::max())
            {
                changed_.wait(lock, changed);
            }
            else if (!changed_.wait_until(lock, deadline, changed))
            {
                lock.unlock();
                return ready();
            }
        }
    }

private:
    class Registration
    {
    public:
        explicit Registration(std::atomic<int>& waiters) : waiters_(waiters)
        {
            waiters_.fetch_add(1);
        }
        Registration(const Registration&) = delete;
        Registration& operator=(const Registration&) = delete;
        ~Registration()
        {
            waiters_.fetch_sub(1);
        }

    private:
        std::atomic<int>& waiters_;
    };

    std::atomic<int> waiters_{0};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t epoch_ = 0;
};

} // namespace spaceframe::engine
