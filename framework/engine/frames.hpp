#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <span>

namespace spaceframe::engine
{

/// The first `messages` of whole messages.
inline std::span<const sf_frame> first_messages(std::span<const sf_frame> frames,
                                                std::size_t messages) noexcept
{
    std::size_t end = 0;
    for (; messages > 0; --messages)
    {
        while ((frames[end].flags & SF_FRAME_MORE) != 0)
        {
            ++end;
        }
        ++end;
    }
    return frames.first(end);
}

inline std::uint64_t payload(std::span<const sf_frame> frames) noexcept
{
    std::uint64_t total = 0;
    for (const sf_frame& frame : frames)
    {
        total += frame.size;
    }
    return total;
}

} // namespace spaceframe::engine
