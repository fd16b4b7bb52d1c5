#pragma once

#include <atomic>
#include <cstdint>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spaceframe::engine
{

/// A mutex whose uncontended operations are one inlined atomic instruction each: it is taken for every
/// message.
class Mutex
{
public:
    void lock() noexcept
    {
        std::uint32_t seen = open;
        if (!state_.compare_exchange_strong(seen, held, std::memory_order_acquire, std::memory_order_relaxed))
        {
            wait();
        }
    }

    bool try_lock() noexcept
    {
        std::uint32_t seen = open;
        return state_.compare_exchange_strong(seen, held, std::memory_order_acquire,
                                              std::memory_order_relaxed);
    }

    void unlock() noexcept
    {
        if (state_.exchange(open, std::memory_order_release) == awaited)
        {
            syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
        }
    }

private:
    static constexpr std::uint32_t open = 0;
    static constexpr std::uint32_t held = 1;
    static constexpr std::uint32_t awaited = 2; // held, and somebody may sleep

    static constexpr int attempts = 200;

    void wait() noexcept
    {
        for (int i = 0; i < attempts; ++i)
        {
            if (state_.load(std::memory_order_relaxed) == open && try_lock())
            {
                return;
            }
        }
        while (state_.exchange(awaited, std::memory_order_acquire) != open)
        {
            syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, awaited, nullptr, nullptr, 0);
        }
    }

    static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
    std::atomic<std::uint32_t> state_{open};
};

} // namespace spaceframe::engine
