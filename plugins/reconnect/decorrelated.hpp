#pragma once

#include "random.hpp"
#include "schedules.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <cstdint>

namespace spaceframe::reconnect
{

inline constexpr sf_option decorrelated_options[] = {
    plugin::option("initial", plugin::Type::duration, "100ms", "Least delay, and the start of the growth")
        .range("1ms", "24h"),
    plugin::option("max", plugin::Type::duration, "30s", "Greatest delay; at least initial")
        .range("1ms", "24h"),
    plugin::option("seed", plugin::Type::integer, "0", "Makes the delays repeatable; 0 draws a seed")
        .range("0", nullptr),
};

// Draws each delay evenly from [initial, 3 x the delay before], and from no more than [initial, max]: the
// "decorrelated jitter" of "Exponential Backoff And Jitter" (Marc Brooker, AWS Architecture Blog, 2015).
// There a draw above the cap becomes the cap, where most delays end up then; here the cap limits what is
// drawn from, so that clients stay spread when all of them have reached it.
class DecorrelatedSchedule
{
public:
    // `initial`, `max`: at most a day, `initial` the smaller one. `seed`: see Random.
    DecorrelatedSchedule(std::chrono::nanoseconds initial, std::chrono::nanoseconds max, std::uint64_t seed);

    // From the options of `decorrelated_options`. Throws plugin::Error (SF_INVALID) when `max` is less than
    // `initial`.
    explicit DecorrelatedSchedule(const plugin::Options& options);

    Delay next_delay(std::uint32_t attempt, const sf_failure& last) noexcept;
    void reset() noexcept;

private:
    std::chrono::duration<double, std::nano> initial_;
    std::chrono::duration<double, std::nano> max_;
    std::chrono::duration<double, std::nano> previous_;
    Random random_;
};

} // namespace spaceframe::reconnect
