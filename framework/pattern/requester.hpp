#pragma once

#include "pattern/conversation.hpp"

#include <array>

namespace spaceframe::pattern
{

/// The side that asks (REQ): one request, then its reply. An empty frame goes before each request, and with
/// `correlate` a frame of 4 bytes that names the request before that; a reply must bear the same
/// (ZMQ_REQ_CORRELATE).
///
/// A request ends with its reply, with the loss of the peer that has it, or with the timeout. How it failed
/// is told to the next receive, once; a send may also follow at once, and begins the next request. A reply
/// that comes after the timeout but before anybody asked is still a reply.
class Requester final : public Conversation
{
public:
    struct Options
    {
        bool relaxed = false; ///< a send gives up the request under way (ZMQ_REQ_RELAXED)
        bool correlate = false;
        std::chrono::nanoseconds timeout = std::chrono::nanoseconds::max(); ///< of each request; max(): none
    };

    /// The first request is named `first_id`, the others by the numbers that follow.
    Requester(const Options& options, std::uint32_t first_id) noexcept;

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
    void lost() noexcept override;
    void reassigned(PeerId peer) noexcept override;

private:
    using Id = std::array<std::uint8_t, 4>;

    enum class State : std::uint8_t
    {
        idle,
        waiting,
        answered,
        lost,
        timed_out,
    };

    void expire(Clock::time_point now) noexcept;

    const Options options_;
    State state_ = State::idle;
    PeerId partner_;
    Clock::time_point deadline_ = Clock::time_point::max();
    std::uint32_t number_; // of the next request
    Id id_{};              // of the request under way
    Id next_id_;
};

} // namespace spaceframe::pattern
