#include "frame_encoder.hpp"

#include "copy.hpp"
#include "wire.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>

namespace spaceframe::zmtp
{

namespace
{

bool has_more(const sf_frame& frame) noexcept
{
    return (frame.flags & SF_FRAME_MORE) != 0;
}

bool is_referable(const sf_frame& frame, std::size_t reference_from) noexcept
{
    return frame.owner != nullptr && frame.size >= reference_from && frame.size != 0;
}

// What encoding one message takes.
struct Extent
{
    std::size_t frames = 0;
    std::size_t bytes = 0;
    std::size_t inserts = 0;
    bool whole = false;
};

// At most `insert_max` bodies are inserted, the others are copied.
Extent measure(const sf_encode& call, std::size_t first, std::size_t insert_max) noexcept
{
    Extent extent;
    for (std::size_t i = first; i != call.frame_count && !extent.whole; ++i)
    {
        const sf_frame& frame = call.frames[i];
        ++extent.frames;
        extent.bytes += header_size(frame.size);
        if (is_referable(frame, call.reference_from) && extent.inserts != insert_max)
        {
            ++extent.inserts;
        }
        else
        {
            extent.bytes += frame.size;
        }
        extent.whole = !has_more(frame);
    }
    return extent;
}

void write(sf_encode& call, std::size_t first, const Extent& extent) noexcept
{
    std::size_t inserts = 0;
    for (std::size_t i = first; i != first + extent.frames; ++i)
    {
        const sf_frame& frame = call.frames[i];
        call.length += write_header(call.data + call.length, has_more(frame) ? flag_more : 0, frame.size);
        if (is_referable(frame, call.reference_from) && inserts != extent.inserts)
        {
            ++inserts;
            call.inserts[call.insert_count++] = {call.length, i, {frame.data, frame.size}};
        }
        else if (frame.size != 0)
        {
            std::memcpy(call.data + call.length, frame.data, frame.size);
            call.length += frame.size;
        }
    }
}

// Messages of one short frame that is copied. Stops at the first that is something else or finds no room.
void encode_short_messages(sf_encode& call, std::size_t capacity) noexcept
{
    const sf_frame* frame = call.frames + call.frames_taken;
    const sf_frame* const frames_end =
        frame + std::min(call.frame_count - call.frames_taken, call.end_capacity - call.messages_taken);
    std::uint8_t* const data = call.data;
    std::uint32_t* ends = call.ends + call.messages_taken;
    const std::size_t reference_from = call.reference_from;
    std::size_t length = call.length;

    for (; frame != frames_end; ++frame)
    {
        const std::size_t size = frame->size;
        if (has_more(*frame) || size > short_body_max || capacity - length < short_header + size ||
            is_referable(*frame, reference_from))
        {
            break;
        }
        data[length] = 0;
        data[length + 1] = static_cast<std::uint8_t>(size);
        copy_short(data + length + short_header, frame->data, size);
        length += short_header + size;
        *ends++ = static_cast<std::uint32_t>(length);
    }

    call.length = length;
    call.frames_taken = static_cast<std::size_t>(frame - call.frames);
    call.messages_taken = static_cast<std::size_t>(ends - call.ends);
}

} // namespace

sf_status encode_frames(sf_encode& call) noexcept
{
    call.frames_taken = 0;
    call.messages_taken = 0;
    call.length = 0;
    call.insert_count = 0;
    // Offsets of message ends have 32 bits.
    const std::size_t capacity = std::min<std::size_t>(call.capacity, UINT32_MAX);

    for (;;)
    {
        encode_short_messages(call, capacity);
        if (call.frames_taken == call.frame_count || call.messages_taken == call.end_capacity)
        {
            break;
        }
        const std::size_t inserts_free = call.insert_capacity - call.insert_count;
        const Extent extent = measure(call, call.frames_taken, SIZE_MAX);
        if (!extent.whole)
        {
            return call.messages_taken == 0 ? SF_INVALID : SF_OK;
        }
        const bool first = call.messages_taken == 0;
        if (extent.inserts > inserts_free && !first)
        {
            break;
        }
        const Extent fitting =
            extent.inserts > inserts_free ? measure(call, call.frames_taken, inserts_free) : extent;
        if (fitting.bytes > capacity - call.length)
        {
            if (first)
            {
                call.length = fitting.bytes;
                return fitting.bytes > UINT32_MAX ? SF_TOO_LARGE : SF_OK;
            }
            break;
        }
        write(call, call.frames_taken, fitting);
        call.frames_taken += fitting.frames;
        call.ends[call.messages_taken++] = static_cast<std::uint32_t>(call.length);
    }
    return SF_OK;
}

namespace
{

// Reads back one frame after another.
class Recovery
{
public:
    explicit Recovery(const sf_recover& call) noexcept : call_(call)
    {}

    std::size_t position() const noexcept
    {
        return position_;
    }

    bool at_end() const noexcept
    {
        return position_ == call_.length;
    }

    // The next frame; nothing when the bytes do not make one. Commands bear the flag `command`.
    static constexpr std::uint32_t command = 0x8000'0000;

    std::optional<sf_frame> next() noexcept
    {
        const FrameHeader header = read_header(call_.data + position_, call_.length - position_);
        if (header.state != FrameHeader::State::complete)
        {
            return std::nullopt;
        }
        position_ += header.length;
        const auto size = static_cast<std::size_t>(header.size);
        sf_frame frame{nullptr, call_.data + position_, size, 0, 0};
        if (insert_ != call_.insert_count && call_.inserts[insert_].at == position_)
        {
            const sf_bytes body = call_.inserts[insert_++].body;
            if (body.size != size)
            {
                return std::nullopt;
            }
            frame.data = body.data;
        }
        else if (size > call_.length - position_)
        {
            return std::nullopt;
        }
        else
        {
            position_ += size;
        }
        frame.flags = (header.flags & flag_more) != 0 ? SF_FRAME_MORE : 0;
        if ((header.flags & flag_command) != 0)
        {
            frame.flags = command;
        }
        return frame;
    }

private:
    const sf_recover& call_;
    std::size_t position_ = 0;
    std::size_t insert_ = 0;
};

} // namespace

sf_status recover_frames(sf_recover& call, bool skip_subscriptions) noexcept
{
    call.frame_count = 0;
    call.consumed = 0;
    Recovery recovery(call);
    std::size_t count = 0; // with those of a message that is not whole yet
    while (!recovery.at_end())
    {
        const std::optional<sf_frame> frame = recovery.next();
        if (!frame)
        {
            return SF_INVALID;
        }
        const bool alone = count == call.frame_count && !has_more(*frame);
        const bool skipped = frame->flags == Recovery::command ||
                             (skip_subscriptions && alone && frame->size != 0 && frame->data[0] <= 1);
        if (!skipped)
        {
            if (count == call.frame_capacity)
            {
                return SF_OK;
            }
            call.frames[count++] = *frame;
        }
        if (frame->flags == 0 || (skipped && count == call.frame_count))
        {
            call.frame_count = count;
            call.consumed = recovery.position();
        }
    }
    return count == call.frame_count ? SF_OK : SF_INVALID;
}

} // namespace spaceframe::zmtp
