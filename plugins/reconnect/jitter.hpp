#pragma once

#include <chrono>
#include <cstdint>

namespace spaceframe::reconnect
{

// Spreads delays evenly over [1 - share, 1 + share] of their nominal value, so that many clients of a server
// that went away do not come back at the same instant.
class Jitter
{
public:
    // `share`: 0 (none) to 1. `seed`: the same one gives the same delays; 0 takes a random one.
    Jitter(double share, std::uint64_t seed);

    // The delay, which must be at most a century, spread.
    std::chrono::nanoseconds spread(std::chrono::duration<double, std::nano> delay) noexcept;

private:
    double share_;
    std::uint64_t state_;
};

} // namespace spaceframe::reconnect
