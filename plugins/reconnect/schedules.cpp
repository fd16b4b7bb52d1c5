#include "schedules.hpp"

#include <algorithm>
#include <cmath>

namespace spaceframe::reconnect
{

Jitter make_jitter(const plugin::Options& options)
{
    return Jitter(options.percent("jitter"), static_cast<std::uint64_t>(options.integer("seed")));
}

FixedSchedule::FixedSchedule(std::chrono::nanoseconds interval, Jitter jitter) noexcept
    : interval_(interval)
    , jitter_(jitter)
{}

FixedSchedule::FixedSchedule(const plugin::Options& options)
    : FixedSchedule(options.duration("interval"), make_jitter(options))
{}

Delay FixedSchedule::next_delay(std::uint32_t, const sf_failure&) noexcept
{
    return jitter_.spread(interval_);
}

Growth::Growth(std::chrono::nanoseconds initial, std::chrono::nanoseconds max, double factor) noexcept
    : initial_(initial)
    , max_(std::max(initial, max))
    , factor_(factor)
{}

Growth::Growth(const plugin::Options& options)
    : Growth(options.duration("initial"), options.duration("max"), options.real("factor"))
{}

std::chrono::duration<double, std::nano> Growth::delay(std::uint32_t attempt) const noexcept
{
    const double steps = attempt > 0 ? static_cast<double>(attempt - 1) : 0.0;
    return std::min(initial_ * std::pow(factor_, steps), max_);
}

ExponentialSchedule::ExponentialSchedule(Growth growth, Jitter jitter) noexcept
    : growth_(growth)
    , jitter_(jitter)
{}

ExponentialSchedule::ExponentialSchedule(const plugin::Options& options)
    : ExponentialSchedule(Growth(options), make_jitter(options))
{}

Delay ExponentialSchedule::next_delay(std::uint32_t attempt, const sf_failure&) noexcept
{
    return jitter_.spread(growth_.delay(attempt));
}

} // namespace spaceframe::reconnect
