#pragma once

#include <cstdint>
#include <ctime>

namespace spaceframe::engine
{

/// Milliseconds since some time long ago, to about 4 ms; wraps. Costs a few instructions where the full clock
/// would be felt by every message.
inline std::uint32_t coarse_milliseconds() noexcept
{
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    return static_cast<std::uint32_t>(now.tv_sec * 1000 + now.tv_nsec / 1'000'000);
}

} // namespace spaceframe::engine
