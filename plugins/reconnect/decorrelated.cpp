#include "decorrelated.hpp"

#include <algorithm>

namespace spaceframe::reconnect
{

DecorrelatedSchedule::DecorrelatedSchedule(std::chrono::nanoseconds initial, std::chrono::nanoseconds max,
                                           std::uint64_t seed)
    : initial_(initial)
    , max_(max)
    , previous_(initial)
    , random_(seed)
{}

DecorrelatedSchedule::DecorrelatedSchedule(const plugin::Options& options)
    : DecorrelatedSchedule(options.duration("initial"), options.duration("max"),
                           static_cast<std::uint64_t>(options.integer("seed")))
{
    if (max_ < initial_)
    {
        throw plugin::Error(SF_INVALID, "max is less than initial; give a max that is at least as long");
    }
}

Delay DecorrelatedSchedule::next_delay(std::uint32_t, const sf_failure&) noexcept
{
    const auto most = std::min(previous_ * 3.0, max_);
    previous_ = initial_ + (most - initial_) * random_.unit();
    return std::chrono::duration_cast<std::chrono::nanoseconds>(previous_);
}

void DecorrelatedSchedule::reset() noexcept
{
    previous_ = initial_;
}

} // namespace spaceframe::reconnect
