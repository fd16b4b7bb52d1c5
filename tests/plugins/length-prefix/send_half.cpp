#include "record.hpp"
#include "session.hpp"

#include <algorithm>
#include <cstring>
#include <span>

namespace spaceframe::length_prefix
{
namespace
{

// The frames of the message that begins at the first frame.
std::span<const sf_frame> first_message(std::span<const sf_frame> frames) noexcept
{
    std::size_t count = 0;
    while (count < frames.size() && (frames[count++].flags & SF_FRAME_MORE) != 0)
    {}
    return frames.first(count);
}

} // namespace

plugin::Status Session::encode(sf_encode& call) noexcept
{
    call.frames_taken = call.messages_taken = call.length = call.insert_count = 0;
    while (call.frames_taken < call.frame_count && call.messages_taken < call.end_capacity)
    {
        const auto message =
            first_message({call.frames + call.frames_taken, call.frame_count - call.frames_taken});
        std::size_t inserts = call.insert_capacity - call.insert_count;
        const auto inserted = [&](const sf_frame& frame, std::size_t& free) noexcept
        {
            return frame.owner != nullptr && frame.size >= std::max<std::size_t>(call.reference_from, 1) &&
                   free > 0 && free-- > 0;
        };
        std::size_t size = 0;
        std::size_t free = inserts;
        for (const sf_frame& frame : message)
        {
            if (frame.size > length_mask)
            {
                return call.messages_taken > 0 ? SF_OK
                                               : host_.fail(SF_TOO_LARGE, "a frame exceeds 2^30 - 1 bytes");
            }
            size += header_size + (inserted(frame, free) ? 0 : frame.size);
        }
        if (size > call.capacity - call.length)
        {
            call.length = call.messages_taken > 0 ? call.length : size;
            return SF_OK;
        }
        for (const sf_frame& frame : message)
        {
            write_word(call.data + call.length,
                       frame.size | ((frame.flags & SF_FRAME_MORE) != 0 ? more_bit : 0));
            call.length += header_size;
            if (inserted(frame, inserts))
            {
                call.inserts[call.insert_count++] = {
                    call.length, static_cast<std::size_t>(&frame - call.frames), {frame.data, frame.size}};
            }
            else if (frame.size > 0)
            {
                std::memcpy(call.data + call.length, frame.data, frame.size);
                call.length += frame.size;
            }
        }
        call.frames_taken += message.size();
        call.ends[call.messages_taken++] = static_cast<std::uint32_t>(call.length);
    }
    return SF_OK;
}

std::uint64_t Session::encoding_key() const noexcept
{
    return 0x6C656E6774682D31U;
}

plugin::Status Session::subscribe(sf_bytes topic, sf_output& output) noexcept
{
    return append_control(output, {"S", text_of(topic.data, topic.size)});
}

plugin::Status Session::cancel(sf_bytes topic, sf_output& output) noexcept
{
    return append_control(output, {"C", text_of(topic.data, topic.size)});
}

plugin::Status Session::recover(sf_recover& call) noexcept
{
    call.frame_count = call.consumed = 0;
    std::size_t at = 0;
    std::size_t insert = 0;
    std::size_t frames = 0;
    while (at < call.length &&
           (frames < call.frame_capacity || (read_word(call.data + at) & control_bit) != 0))
    {
        const std::uint32_t word = read_word(call.data + at);
        sf_frame frame{nullptr, call.data + at + header_size, word & length_mask,
                       (word & more_bit) != 0 ? std::uint32_t{SF_FRAME_MORE} : 0, 0};
        at += header_size;
        if (frame.size > 0 && insert < call.insert_count && call.inserts[insert].at == at)
        {
            frame.data = call.inserts[insert++].body.data;
        }
        else
        {
            at += frame.size;
        }
        if ((word & control_bit) == 0)
        {
            call.frames[frames++] = frame;
        }
        if (frame.flags == 0)
        {
            call.frame_count = frames;
            call.consumed = at;
        }
    }
    return SF_OK;
}

} // namespace spaceframe::length_prefix
