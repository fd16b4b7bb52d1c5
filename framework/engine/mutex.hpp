#pragma once

#include "engine/asymmetric_fence.hpp"

#include <atomic>
#include <cstdint>
#include <ctime>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spaceframe::engine
{

/// A mutex for what happens with every message: taken by one inlined atomic instruction, released by a plain
/// store. That its owner notices a thread that sleeps is paid for by the one that goes to sleep. unlock()
/// looks for sleepers after it released: the mutex must outlive the call, whoever takes it meanwhile.
class Mutex
{
public:
    void lock() noexcept
    {
        if (!try_lock())
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
        state_.store(open, std::memory_order_release);
        light_fence();
        if (sleepers_.load(std::memory_order_relaxed) > 0)
        {
            syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
        }
    }

private:
    static constexpr std::uint32_t open = 0;
    static constexpr std::uint32_t held = 1;

    static constexpr int attempts = 200;

    bool try_for_a_while() noexcept
    {
        for (int i = 0; i < attempts; ++i)
        {
            if (state_.load(std::memory_order_relaxed) == open && try_lock())
            {
                return true;
            }
        }
        return false;
    }

    void wait() noexcept
    {
        if (try_for_a_while())
        {
            return;
        }
        sleepers_.fetch_add(1, std::memory_order_relaxed);
        // From here on whoever releases the mutex sees that somebody sleeps, or the mutex is seen open below.
        heavy_fence();
        // The limit is for processes that forbid themselves membarrier(2) after the kernel was loaded.
        constexpr timespec limit{.tv_sec = 0, .tv_nsec = 10'000'000};
        while (!try_for_a_while())
        {
            syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, held, &limit, nullptr, 0);
        }
        sleepers_.fetch_sub(1, std::memory_order_relaxed);
    }

    static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));
    std::atomic<std::uint32_t> state_{open};
    std::atomic<std::uint32_t> sleepers_{0};
};

} // namespace spaceframe::engine
