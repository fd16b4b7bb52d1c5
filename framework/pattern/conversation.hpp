#pragma once

#include "memory/frame_ring.hpp"
#include "pattern/peer_id.hpp"

#include <spaceframe/plugin/abi.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spaceframe::pattern
{

/// What a conversation says to somebody who wants to send or receive.
enum class Turn : std::uint8_t
{
    go,
    wait,              ///< the reply has not come yet
    wrong_state,       ///< it is not his turn
    request_lost,      ///< the request went with the peer that had it; told once
    request_timed_out, ///< no reply came in time; told once
};

/// What becomes of a message that came.
enum class Arrival : std::uint8_t
{
    accepted,
    unexpected, ///< nobody waits for it: a reply to a request that was given up, or from another peer
    malformed,  ///< its envelope is not that of the pattern
};

/// The order in which a lockstep pattern sends and receives (RFC 28), and the envelopes around its messages.
/// Does no input or output, and knows no clock but the one that it is told. Not thread-safe.
class Conversation
{
public:
    using Clock = std::chrono::steady_clock;

    Conversation() = default;
    Conversation(const Conversation&) = delete;
    Conversation& operator=(const Conversation&) = delete;
    virtual ~Conversation() = default;

    /// `go` or `wrong_state`.
    virtual Turn may_send(Clock::time_point now) noexcept = 0;
    /// Frames that go before the next message, each with SF_FRAME_MORE. They are borrowed until sent().
    virtual std::size_t envelope_size() const noexcept = 0;
    virtual sf_frame envelope(std::size_t index) const noexcept = 0;
    /// A message was taken for `peer`; may_send() said `go`.
    virtual void sent(PeerId peer, Clock::time_point now) noexcept = 0;

    /// `go`: the message that arrived may be received, now or when it comes.
    virtual Turn may_receive(Clock::time_point now) noexcept = 0;
    /// When may_receive() will say something else although nothing came; the end of time for never.
    virtual Clock::time_point deadline() const noexcept = 0;
    /// Judges a whole message.
    virtual Arrival arrived(PeerId from, std::span<const sf_frame> message) noexcept = 0;
    /// The first message of `incoming`, which was accepted, is received now: takes its envelope off. Throws
    /// std::bad_alloc, and has done nothing then.
    virtual void received(PeerId from, memory::FrameRing& incoming) = 0;

    /// Whom the conversation is with now; nobody's name when it is with nobody.
    virtual PeerId partner() const noexcept = 0;
    /// False while may_receive() could only wait for a message, as far as is known without a clock.
    virtual bool settled() const noexcept = 0;
    /// The partner is gone, and had the request. Nothing happens without a request under way.
    virtual void lost() noexcept
    {}
    /// The request has not been sent yet, and waits for `peer` now; nobody's name while there is no peer.
    virtual void reassigned(PeerId /*peer*/) noexcept
    {}
};

} // namespace spaceframe::pattern
