#include "jitter.hpp"

namespace spaceframe::reconnect
{

Jitter::Jitter(double share, std::uint64_t seed) : share_(share), random_(seed)
{}

std::chrono::nanoseconds Jitter::spread(std::chrono::duration<double, std::nano> delay) noexcept
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(
        delay * (1.0 + share_ * (2.0 * random_.unit() - 1.0)));
}

std::chrono::nanoseconds Jitter::prolong(std::chrono::duration<double, std::nano> delay) noexcept
{
    return std::chrono::duration_cast<std::chrono::nanoseconds>(delay * (1.0 + share_ * random_.unit()));
}

} // namespace spaceframe::reconnect
