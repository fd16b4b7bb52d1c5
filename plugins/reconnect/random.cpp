#include "random.hpp"

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

// SplitMix64: seeds that follow each other give numbers that have nothing in common.
std::uint64_t next_random(std::uint64_t& state) noexcept
{
    std::uint64_t mixed = state += 0x9E3779B97F4A7C15U;
    mixed = (mixed ^ (mixed >> 30U)) * 0xBF58476D1CE4E5B9U;
    mixed = (mixed ^ (mixed >> 27U)) * 0x94D049BB133111EBU;
    return mixed ^ (mixed >> 31U);
}

} // namespace

Random::Random(std::uint64_t seed) : state_(seed != 0 ? seed : random_seed())
{}

double Random::unit() noexcept
{
    return static_cast<double>(next_random(state_) >> 11U) * 0x1p-53;
}

} // namespace spaceframe::reconnect
