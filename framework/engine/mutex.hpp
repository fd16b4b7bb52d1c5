#pragma once

#include <atomic>

namespace spaceframe::engine
{

/// A mutex whose uncontended operations are one inlined atomic instruction each: it is taken for every
/// message.
class Mutex
{
public:
    void lock() noexcept
    {
        int seen = open;
        if (!state_.compare_exchange_strong(seen, held, std::memory_order_acquire, std::memory_order_relaxed))
        {
            wait();
        }
    }

    bool try_lock() noexcept
    {
        int seen = open;
        return state_.compare_exchange_strong(seen, held, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }

    void unlock() noexcept
    {
        if (state_.exchange(open, std::memory_order_release) == awaited)
        {
            state_.notify_one();
        }
    }

private:
    static constexpr int open = 0;
    static constexpr int held = 1;
    static constexpr int awaited = 2; // held, and somebody may sleep

    void wait() noexcept
    {
        while (state_.exchange(awaited, std::memory_order_acquire) != open)
        {
            state_.wait(awaited, std::memory_order_relaxed);
        }
    }

    std::atomic<int> state_{open};
};

} // namespace spaceframe::engine
