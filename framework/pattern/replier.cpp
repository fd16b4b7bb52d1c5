#include "pattern/replier.hpp"

namespace spaceframe::pattern
{

Turn Replier::may_send(Clock::time_point /*now*/) noexcept
{
    return replying_ ? Turn::go : Turn::wrong_state;
}

std::size_t Replier::envelope_size() const noexcept
{
    return envelope_.size();
}

sf_frame Replier::envelope(std::size_t index) const noexcept
{
    return envelope_[index];
}

void Replier::sent(PeerId /*peer*/, Clock::time_point /*now*/) noexcept
{
    replying_ = false;
    origin_ = {};
    envelope_.clear();
    envelope_.shrink_if_idle();
}

Turn Replier::may_receive(Clock::time_point /*now*/) noexcept
{
    return replying_ ? Turn::wrong_state : Turn::go;
}

Conversation::Clock::time_point Replier::deadline() const noexcept
{
    return Clock::time_point::max();
}

Arrival Replier::arrived(PeerId /*from*/, std::span<const sf_frame> message) noexcept
{
    for (const sf_frame& frame : message.first(message.size() - 1))
    {
        if (frame.size == 0)
        {
            return Arrival::accepted;
        }
    }
    return Arrival::malformed;
}

void Replier::received(PeerId from, memory::FrameRing& incoming)
{
    std::size_t frames = 1;
    while (incoming[frames - 1].size != 0)
    {
        ++frames;
    }
    envelope_.reserve(frames);
    incoming.move_front(frames, envelope_);
    origin_ = from;
    replying_ = true;
}

PeerId Replier::partner() const noexcept
{
    return origin_;
}

bool Replier::settled() const noexcept
{
    return replying_;
}

} // namespace spaceframe::pattern
