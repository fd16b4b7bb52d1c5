#include "pattern/requester.hpp"

#include <algorithm>

namespace spaceframe::pattern
{
namespace
{

std::array<std::uint8_t, 4> bytes_of(std::uint32_t number) noexcept
{
    return {static_cast<std::uint8_t>(number >> 24), static_cast<std::uint8_t>(number >> 16),
            static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number)};
}

bool is_last(const sf_frame& frame) noexcept
{
    return (frame.flags & SF_FRAME_MORE) == 0;
}

void release_front(memory::FrameRing& frames) noexcept
{
    const sf_frame frame = frames.pop_front();
    if (frame.owner != nullptr)
    {
        memory::release(frame.owner);
    }
}

} // namespace

Requester::Requester(const Options& options, std::uint32_t first_id) noexcept
    : options_(options)
    , number_(first_id)
    , next_id_(bytes_of(first_id))
{}

Turn Requester::may_send(Clock::time_point now) noexcept
{
    expire(now);
    const bool under_way = state_ == State::waiting || state_ == State::answered;
    return under_way && !options_.relaxed ? Turn::wrong_state : Turn::go;
}

std::size_t Requester::envelope_size() const noexcept
{
    return options_.correlate ? 2 : 1;
}

sf_frame Requester::envelope(std::size_t index) const noexcept
{
    if (index + 1 == envelope_size())
    {
        return {nullptr, nullptr, 0, SF_FRAME_MORE, 0};
    }
    return {nullptr, next_id_.data(), next_id_.size(), SF_FRAME_MORE, 0};
}

void Requester::sent(PeerId peer, Clock::time_point now) noexcept
{
    state_ = State::waiting;
    partner_ = peer;
    id_ = next_id_;
    next_id_ = bytes_of(++number_);
    const bool ends = options_.timeout < Clock::time_point::max() - now;
    deadline_ = ends ? now + options_.timeout : Clock::time_point::max();
}

Turn Requester::may_receive(Clock::time_point now) noexcept
{
    expire(now);
    switch (state_)
    {
    case State::idle:
        return Turn::wrong_state;
    case State::waiting:
        return Turn::wait;
    case State::answered:
        return Turn::go;
    case State::lost:
        state_ = State::idle;
        return Turn::request_lost;
    case State::timed_out:
        state_ = State::idle;
        return Turn::request_timed_out;
    }
    return Turn::wrong_state;
}

Conversation::Clock::time_point Requester::deadline() const noexcept
{
    return state_ == State::waiting ? deadline_ : Clock::time_point::max();
}

Arrival Requester::arrived(PeerId from, std::span<const sf_frame> message) noexcept
{
    if (options_.correlate)
    {
        if (message.front().size != id_.size() || is_last(message.front()))
        {
            return Arrival::malformed;
        }
        if (!std::equal(id_.begin(), id_.end(), message.front().data))
        {
            return Arrival::unexpected;
        }
        message = message.subspan(1);
    }
    if (message.front().size != 0 || is_last(message.front()))
    {
        return Arrival::malformed;
    }
    if (state_ != State::waiting || from != partner_)
    {
        return Arrival::unexpected;
    }
    state_ = State::answered;
    return Arrival::accepted;
}

void Requester::received(PeerId /*from*/, memory::FrameRing& incoming)
{
    for (std::size_t frames = envelope_size(); frames > 0; --frames)
    {
        release_front(incoming);
    }
    state_ = State::idle;
    partner_ = {};
}

PeerId Requester::partner() const noexcept
{
    return partner_;
}

bool Requester::settled() const noexcept
{
    return state_ != State::waiting;
}

void Requester::lost() noexcept
{
    partner_ = {};
    if (state_ == State::waiting)
    {
        state_ = State::lost;
    }
}

void Requester::reassigned(PeerId peer) noexcept
{
    partner_ = peer;
}

void Requester::expire(Clock::time_point now) noexcept
{
    if (state_ == State::waiting && now >= deadline_)
    {
        state_ = State::timed_out;
    }
}

} // namespace spaceframe::pattern
