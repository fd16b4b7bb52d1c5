#pragma once

#include "schedules.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <cstdint>

namespace spaceframe::reconnect
{

// What a failure says about whether another attempt will help.
enum class Cause
{
    none,     // no failure is of this class
    absent,   // nothing is there (yet): the system refused, or a name or path leads to nothing
    lost,     // the connection broke, or the peer hung up
    rejected, // the peer is there, and says no or breaks the protocol
    timeout,  // it took too long
    system    // any other error of the system: no route, no permission
};

inline constexpr const char* cause_names = "none|absent|lost|rejected|timeout|system";

// `none` where no class fits.
Cause cause_of(const sf_failure& failure) noexcept;

inline constexpr sf_option breaker_options[] = {
    plugin::option("failures", plugin::Type::integer, "5", "Failures in a row that open the circuit")
        .range("1", "1000000"),
    plugin::choice("open_on", cause_names, "none", "Class of failures that open it at once"),
    plugin::option("open_for", plugin::Type::duration, "30s",
                   "Least time without an attempt while it is open; then one probe")
        .range("1ms", "24h"),
    plugin::option("give_up_after", plugin::Type::integer, "0",
                   "Failed probes in a row after which it stops for good; 0 = never")
        .range("0", "1000000"),
    plugin::option("initial", plugin::Type::duration, "100ms",
                   "Delay before the first attempt of a closed circuit")
        .range("1ms", "24h"),
    plugin::option("max", plugin::Type::duration, "30s",
                   "What that delay grows to, before jitter; 0 for no growth")
        .range("0ms", "24h"),
    plugin::option("factor", plugin::Type::real, "2", "Growth from one attempt to the next")
        .range("1", "1000"),
    plugin::option("jitter", plugin::Type::percent, "25%",
                   "Share by which a delay is at most shortened or prolonged; open_for is only prolonged")
        .range("0%", "100%"),
    plugin::option("seed", plugin::Type::integer, "0", "Makes the jitter repeatable; 0 draws a seed")
        .range("0", nullptr),
};

// A circuit breaker. While the circuit is closed, delays are those of `Growth`. It opens after so many
// failures in a row, the loss of a connection included, or at once on a failure of one class: the next
// attempt, the probe, comes after `open_for`. A failed probe opens it again, or ends it for good after so
// many of them; a completed handshake closes it.
class Breaker
{
public:
    struct Circuit
    {
        std::uint32_t failures;            // 1 or more
        Cause open_on;                     // `none`: only the count opens it
        std::chrono::nanoseconds open_for; // at most a day
        std::uint32_t give_up_after;       // failed probes; 0: never
    };

    Breaker(Circuit circuit, Growth growth, Jitter jitter) noexcept;

    // From the options of `breaker_options`.
    explicit Breaker(const plugin::Options& options);

    Delay next_delay(std::uint32_t attempt, const sf_failure& last) noexcept;
    void reset() noexcept;

private:
    bool opens(std::uint32_t attempt, const sf_failure& last) const noexcept;

    Circuit circuit_;
    Growth growth_;
    Jitter jitter_;
    bool open_ = false;
    std::uint32_t failed_probes_ = 0;
};

} // namespace spaceframe::reconnect
