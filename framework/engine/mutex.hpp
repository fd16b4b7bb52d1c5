#pragma once

#include <mutex>

#if defined(__x86_64__) || defined(__i386__)
#include <immintrin.h>
#endif

namespace spaceframe::engine
{

/// A mutex for sections of some ten nanoseconds: it tries for about as long as such a section takes before it
/// sleeps, because a sleep costs a hundred times as much.
class Mutex
{
public:
    void lock()
    {
        for (int attempt = 0; attempt < attempts; ++attempt)
        {
            if (mutex_.try_lock())
            {
                return;
            }
            relax();
        }
        mutex_.lock();
    }

    void unlock()
    {
        mutex_.unlock();
    }

private:
    static constexpr int attempts = 64;

    static void relax() noexcept
    {
#if defined(__x86_64__) || defined(__i386__)
        _mm_pause();
#endif
    }

    std::mutex mutex_;
};

} // namespace spaceframe::engine
