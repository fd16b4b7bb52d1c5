#pragma once

#include <spaceframe/message.hpp>
#include <spaceframe/plugin/abi.h>

#include <boost/container/small_vector.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spaceframe::engine
{

/// Frames of whole messages, borrowed.
using FrameList = boost::container::small_vector<sf_frame, 128>;

/// Messages that a caller wants to send, in the form in which he has them.
class Source
{
public:
    /// So many frames are handled under one lock, unless one message has more.
    static constexpr std::size_t frames_at_once = 128;

    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    virtual ~Source() = default;

    /// Messages not taken yet.
    virtual std::size_t remaining() const noexcept = 0;
    /// Writes frames of the next messages into `frames`; returns how many messages, at most `limit`;
    /// 0 when the next one has no frame.
    virtual std::size_t peek(FrameList& frames, std::size_t limit) const = 0;
    /// After a send that failed with would_block: the permit that was not to be had, or 0 when no peer had
    /// room.
    std::uint64_t wanted_permit = 0;
    /// A permit for the next message that its sender has already; what is left of it stays his.
    std::uint64_t prepaid = 0;

    /// The first `count` of them were taken.
    virtual void taken(std::size_t count) noexcept = 0;
};

/// Bodies that are copied, one frame each.
class BodySource final : public Source
{
public:
    explicit BodySource(std::span<const Bytes> bodies) noexcept : bodies_(bodies)
    {}

    std::size_t remaining() const noexcept override
    {
        return bodies_.size();
    }

    std::size_t peek(FrameList& frames, std::size_t limit) const override
    {
        const std::size_t count = std::min({bodies_.size(), limit, frames_at_once});
        frames.resize(count, boost::container::default_init);
        for (std::size_t i = 0; i < count; ++i)
        {
            frames[i] = {nullptr, reinterpret_cast<const std::uint8_t*>(bodies_[i].data()), bodies_[i].size(),
                         0, 0};
        }
        return count;
    }

    void taken(std::size_t count) noexcept override
    {
        bodies_ = bodies_.subspan(count);
    }

private:
    std::span<const Bytes> bodies_;
};

/// Messages whose memory is shared; those that were taken are cleared.
class MessageSource final : public Source
{
public:
    explicit MessageSource(std::span<Message> messages) noexcept : messages_(messages)
    {}

    std::size_t remaining() const noexcept override
    {
        return messages_.size();
    }

    std::size_t peek(FrameList& frames, std::size_t limit) const override
    {
        frames.clear();
        std::size_t count = 0;
        for (const Message& message : messages_)
        {
            if (message.empty() || count == limit ||
                (count > 0 && frames.size() + message.size() > frames_at_once))
            {
                break;
            }
            for (const Frame& frame : message)
            {
                frames.push_back({frame.owner(), reinterpret_cast<const std::uint8_t*>(frame.data()),
                                  frame.size(), SF_FRAME_MORE, 0});
            }
            frames.back().flags = 0;
            ++count;
        }
        return count;
    }

    void taken(std::size_t count) noexcept override
    {
        for (Message& message : messages_.first(count))
        {
            message.clear();
        }
        messages_ = messages_.subspan(count);
    }

private:
    std::span<Message> messages_;
};

} // namespace spaceframe::engine
