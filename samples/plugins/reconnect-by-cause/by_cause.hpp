#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <cstdint>
#include <optional>

namespace by_cause
{

namespace sdk = spaceframe::plugin;

// What a manifest can set.
inline constexpr sf_option by_cause_options[] = {
    sdk::option("absent", sdk::Type::duration, "50ms", "Delay when nothing listens there (yet)")
        .range("1ms", "1h"),
    sdk::option("lost", sdk::Type::duration, "0s", "Delay when the peer ended the connection, the first time")
        .range("0s", "1h"),
    sdk::option("other", sdk::Type::duration, "5s", "Delay after any other failure").range("1ms", "1h"),
    sdk::option("attempts", sdk::Type::integer, "0", "Attempts in a row before it stops; 0 = never stops")
        .range("0", "1000000"),
};

// Dials again after a delay that depends on what went wrong. A server that is being restarted is back soon; a
// peer that speaks another protocol, or a route that is gone, is not worth a packet every 50 ms.
//
// One object for each endpoint that dials, used by the thread of one loop.
class ByCause
{
public:
    explicit ByCause(const sdk::Options& options);

    // The delay before attempt number `attempt`, which counts from 1 since the last completed handshake;
    // nothing when it is time to stop.
    std::optional<std::chrono::nanoseconds> next_delay(std::uint32_t attempt,
                                                       const sf_failure& last) const noexcept;

private:
    std::chrono::nanoseconds absent_;
    std::chrono::nanoseconds lost_;
    std::chrono::nanoseconds other_;
    std::int64_t attempts_;
};

} // namespace by_cause
