#pragma once

#include "wire.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>

namespace spaceframe::zmtp
{

// Turns the bytes of an active session into frames that lie in place. Commands are left to the caller.
class FrameDecoder
{
public:
    // The caps of one message, and whether the peer is a SUB or XSUB, whose messages may be subscriptions.
    FrameDecoder(std::uint64_t max_message_size, std::uint32_t max_frames, bool from_subscriber) noexcept
        : max_message_size_(max_message_size)
        , max_frames_(max_frames)
        , from_subscriber_(from_subscriber)
    {}

    enum class Stop
    {
        starved,   // no whole frame is left: `need`
        full,      // no place for another frame
        command,   // `position` is at a command frame, whole or not, with this `header`
        reserved,  // `position` is at a frame with reserved flags set
        oversized, // the frame, with this `header`, makes its message too large
        too_many   // the frame makes its message have too many frames
    };

    struct Cursor
    {
        const std::uint8_t* position;
        const std::uint8_t* end;
        sf_frame* frame; // the next to write
        sf_frame* frames_end;
        sf_owner* owner;
        std::size_t need;
        FrameHeader header;
    };

    // Moves the cursor on as far as it goes. A size is judged before anything is computed from it
    // (CVE-2019-6250).
    Stop decode(Cursor& cursor) noexcept
    {
        return from_subscriber_ ? run<true>(cursor) : run<false>(cursor);
    }

    // The last frame had SF_FRAME_MORE.
    bool inside_message() const noexcept
    {
        return message_frames_ != 0;
    }

private:
    template <bool FromSubscriber>
    Stop run(Cursor& cursor) noexcept;

    // A message of one frame that starts with 01 or 00 subscribes or cancels (RFC 15, 23 and
    // 29; below ZMTP 3.1).
    static void mark_subscription(sf_frame& frame) noexcept
    {
        if (frame.size != 0 && frame.data[0] <= 1)
        {
            frame.flags = frame.data[0] == 1 ? SF_FRAME_SUBSCRIBE : SF_FRAME_CANCEL;
            ++frame.data;
            --frame.size;
        }
    }

    std::uint64_t max_message_size_;
    std::uint64_t message_size_ = 0; // of the frames so far; never above max_message_size_
    std::uint32_t max_frames_;
    std::uint32_t message_frames_ = 0;
    bool from_subscriber_;
};

template <bool FromSubscriber>
FrameDecoder::Stop FrameDecoder::run(Cursor& cursor) noexcept
{
    const std::uint8_t* position = cursor.position;
    const std::uint8_t* const end = cursor.end;
    sf_frame* frame = cursor.frame;
    sf_frame* const frames_end = cursor.frames_end;
    sf_owner* const owner = cursor.owner;
    const std::uint64_t max_message_size = max_message_size_;
    const std::uint32_t max_frames = max_frames_;
    std::uint64_t message_size = message_size_;
    std::uint32_t message_frames = message_frames_;

    Stop stop = Stop::starved;
    cursor.need = 0;
    for (;;)
    {
        const auto left = static_cast<std::size_t>(end - position);
        std::size_t header = short_header;
        std::uint64_t size = 0;
        if (left >= short_header && position[0] <= flag_more) [[likely]]
        {
            size = position[1];
        }
        else
        {
            cursor.header = read_header(position, left);
            header = cursor.header.length;
            size = cursor.header.size;
            if (cursor.header.state == FrameHeader::State::partial)
            {
                cursor.need = header;
                break;
            }
            if (cursor.header.state != FrameHeader::State::complete)
            {
                stop = cursor.header.state == FrameHeader::State::reserved ? Stop::reserved : Stop::oversized;
                break;
            }
            if ((cursor.header.flags & flag_command) != 0)
            {
                stop = Stop::command;
                break;
            }
        }
        if (frame == frames_end)
        {
            stop = Stop::full;
            break;
        }
        if (size > max_message_size - message_size) [[unlikely]]
        {
            cursor.header = read_header(position, left);
            stop = Stop::oversized;
            break;
        }
        if (message_frames == max_frames) [[unlikely]]
        {
            stop = Stop::too_many;
            break;
        }
        if (size > left - header)
        {
            cursor.need = header + static_cast<std::size_t>(size);
            break;
        }

        const std::uint32_t more = position[0] & flag_more;
        frame->owner = owner;
        frame->data = position + header;
        frame->size = static_cast<std::size_t>(size);
        frame->flags = more;
        frame->reserved = 0;
        if constexpr (FromSubscriber)
        {
            if (more == 0 && message_frames == 0)
            {
                mark_subscription(*frame);
            }
        }
        ++frame;
        position += header + static_cast<std::size_t>(size);
        message_size = more != 0 ? message_size + size : 0;
        message_frames = more != 0 ? message_frames + 1 : 0;
    }

    cursor.position = position;
    cursor.frame = frame;
    message_size_ = message_size;
    message_frames_ = message_frames;
    return stop;
}

} // namespace spaceframe::zmtp
