#include "jitter.hpp"

#include <random>

namespace spaceframe::reconnect
{
namespace
{

std::uint64_t random_seed()
{
    std::random_device device;
    return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

// SplitMix64: eight bytes of state for each endpoint are enough for a jitter.
std::uint64_t next_random(std::uint64_t& state) noexcept
{
    std::uint64_t mixed = state += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

} // namespace

Jitter::Jitter(double share, std::uint64_t seed) : share_(share), state_(seed != 0 ? seed : random_seed())
{}

std::chrono::nanoseconds Jitter::spread(std::chrono::duration<double, std::nano> delay) noexcept
{
    const double unit = static_cast<double>(next_random(state_) >> 11U) * 0x1p-53;
    return std::chrono::duration_cast<std::chrono::nanoseconds>(delay * (1.0 + share_ * (2.0 * unit - 1.0)));
}

} // namespace spaceframe::reconnect
