#pragma once

#include "random.hpp"

#include <chrono>
#include <cstdint>

namespace spaceframe::reconnect
{

// Spreads delays evenly over [1 - share, 1 + share] of their nominal value, so that many clients of a server
// that went away do not come back at the same instant. Delays are at most a century.
class Jitter
{
public:
    // `share`: 0 (none) to 1. `seed`: see Random.
    Jitter(double share, std::uint64_t seed);

    std::chrono::nanoseconds spread(std::chrono::duration<double, std::nano> delay) noexcept;

    // Over [1, 1 + share] of the delay: no shorter than that.
    std::chrono::nanoseconds prolong(std::chrono::duration<double, std::nano> delay) noexcept;

private:
    double share_;
    Random random_;
};

} // namespace spaceframe::reconnect
