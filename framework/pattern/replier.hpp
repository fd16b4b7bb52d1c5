#pragma once

#include "pattern/conversation.hpp"

namespace spaceframe::pattern
{

/// The side that answers (REP): one request, then its reply, which goes to where the request came from. The
/// envelope of a request is everything up to its first empty frame; a body must follow. The reply bears the
/// same envelope, so that it finds its way back through any number of ROUTERs.
class Replier final : public Conversation
{
public:
    Turn may_send(Clock::time_point now) noexcept override;
    std::size_t envelope_size() const noexcept override;
    sf_frame envelope(std::size_t index) const noexcept override;
    void sent(PeerId peer, Clock::time_point now) noexcept override;
    Turn may_receive(Clock::time_point now) noexcept override;
    Clock::time_point deadline() const noexcept override;
    Arrival arrived(PeerId from, std::span<const sf_frame> message) noexcept override;
    void received(PeerId from, memory::FrameRing& incoming) override;
    PeerId partner() const noexcept override;
    bool settled() const noexcept override;

private:
    bool replying_ = false;
    PeerId origin_;
    memory::FrameRing envelope_;
};

} // namespace spaceframe::pattern
