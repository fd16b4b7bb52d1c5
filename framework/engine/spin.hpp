#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace spaceframe::engine
{

/// Decides before each sleep of a loop whether to poll for a while first, as mutexes that adapt do: polling
/// that found something is repeated, and after polling in vain 1, 2, 4, … sleeps pass without it, at most
/// `longest_rest`. Without I/O; used by whoever drives the loop.
class Spin
{
public:
    static constexpr std::uint32_t longest_rest = 64;

    /// Polls for `duration` at a time; 0: never.
    explicit Spin(std::chrono::nanoseconds duration) noexcept : duration_(duration)
    {}

    std::chrono::nanoseconds duration() const noexcept
    {
        return duration_;
    }

    /// To be asked once before each sleep. True: poll now, then call found() or missed().
    bool worthwhile() noexcept
    {
        if (duration_.count() == 0)
        {
            return false;
        }
        if (to_skip_ > 0)
        {
            --to_skip_;
            return false;
        }
        return true;
    }

    void found() noexcept
    {
        rest_ = 0;
    }

    void missed() noexcept
    {
        rest_ = rest_ == 0 ? 1 : std::min(rest_ * 2, longest_rest);
        to_skip_ = rest_;
    }

private:
    std::chrono::nanoseconds duration_;
    std::uint32_t rest_ = 0;
    std::uint32_t to_skip_ = 0;
};

} // namespace spaceframe::engine
