#pragma once

#include "memory/slab.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

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

/// True for what stands in a queue to be told to a peer, and is no part of a message.
inline bool is_subscription(const sf_frame& frame) noexcept
{
    return (frame.flags & (SF_FRAME_SUBSCRIBE | SF_FRAME_CANCEL)) != 0;
}

inline std::string_view text_of(const sf_frame& frame) noexcept
{
    return {reinterpret_cast<const char*>(frame.data), frame.size};
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

/// Gives back the reference that a frame owns.
inline void release_frame(const sf_frame& frame) noexcept
{
    if (frame.owner != nullptr)
    {
        memory::release(frame.owner);
    }
}

inline void release_frames(std::span<const sf_frame> frames) noexcept
{
    for (const sf_frame& frame : frames)
    {
        release_frame(frame);
    }
}

/// Releases the frames that it holds, unless somebody else took them over.
class FrameHolder
{
public:
    explicit FrameHolder(std::span<const sf_frame> frames) noexcept : frames_(frames)
    {}
    FrameHolder(const FrameHolder&) = delete;
    FrameHolder& operator=(const FrameHolder&) = delete;
    ~FrameHolder()
    {
        release_frames(frames_);
    }

    /// Holds these alone from now on.
    void keep(std::span<const sf_frame> frames) noexcept
    {
        frames_ = frames;
    }

private:
    std::span<const sf_frame> frames_;
};

} // namespace spaceframe::engine
