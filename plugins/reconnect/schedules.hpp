#pragma once

#include "jitter.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

// The schedules by which endpoints that dial are dialled again (ReconnectState); decorrelated.hpp and
// breaker.hpp have more. None of them reads a clock or holds a timer: they say how long to wait before the
// next attempt. Attempts count from 1 since the last completed handshake, so that nothing is left to reset
// here. Each belongs to one endpoint and its loop.
namespace spaceframe::reconnect
{

using Delay = std::optional<std::chrono::nanoseconds>;

// From the options `jitter` and `seed`.
Jitter make_jitter(const plugin::Options& options);

// Never dials again.
class NoSchedule
{
public:
    Delay next_delay(std::uint32_t, const sf_failure&) noexcept
    {
        return std::nullopt;
    }
};

inline constexpr sf_option fixed_options[] = {
    plugin::option("interval", plugin::Type::duration, "100ms", "Delay before each attempt")
        .range("1ms", "24h"),
    plugin::option("jitter", plugin::Type::percent, "0%",
                   "Share by which a delay is at most shortened or prolonged")
        .range("0%", "100%"),
    plugin::option("seed", plugin::Type::integer, "0", "Makes the jitter repeatable; 0 draws a seed")
        .range("0", nullptr),
};

// Waits equally long each time.
class FixedSchedule
{
public:
    // `interval`: at most a day.
    FixedSchedule(std::chrono::nanoseconds interval, Jitter jitter) noexcept;

    // From the options of `fixed_options`.
    explicit FixedSchedule(const plugin::Options& options);

    Delay next_delay(std::uint32_t attempt, const sf_failure& last) noexcept;

private:
    std::chrono::nanoseconds interval_;
    Jitter jitter_;
};

inline constexpr sf_option exponential_options[] = {
    plugin::option("initial", plugin::Type::duration, "100ms", "Delay before the first attempt")
        .range("1ms", "24h"),
    plugin::option("max", plugin::Type::duration, "30s",
                   "What the delay grows to, before jitter; 0 for no growth")
        .range("0ms", "24h"),
    plugin::option("factor", plugin::Type::real, "2", "Growth from one attempt to the next")
        .range("1", "1000"),
    plugin::option("jitter", plugin::Type::percent, "25%",
                   "Share by which a delay is at most shortened or prolonged")
        .range("0%", "100%"),
    plugin::option("seed", plugin::Type::integer, "0", "Makes the jitter repeatable; 0 draws a seed")
        .range("0", nullptr),
};

// Delays that are `factor` times as long each time, from `initial` up to `max`. As with ZeroMQ's
// ZMQ_RECONNECT_IVL_MAX, a `max` of 0, or any that is smaller than `initial`, means that they do not grow.
class Growth
{
public:
    // `initial`, `max`: at most a day. `factor`: 1 or more.
    Growth(std::chrono::nanoseconds initial, std::chrono::nanoseconds max, double factor) noexcept;

    // From the options `initial`, `max` and `factor`.
    explicit Growth(const plugin::Options& options);

    std::chrono::duration<double, std::nano> delay(std::uint32_t attempt) const noexcept;

private:
    std::chrono::duration<double, std::nano> initial_;
    std::chrono::duration<double, std::nano> max_;
    double factor_;
};

// Waits as `Growth` says, each delay spread by the jitter: what `max` limits is the delay before it is
// spread.
class ExponentialSchedule
{
public:
    ExponentialSchedule(Growth growth, Jitter jitter) noexcept;

    // From the options of `exponential_options`.
    explicit ExponentialSchedule(const plugin::Options& options);

    Delay next_delay(std::uint32_t attempt, const sf_failure& last) noexcept;

private:
    Growth growth_;
    Jitter jitter_;
};

} // namespace spaceframe::reconnect
