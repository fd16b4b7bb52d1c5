#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <new>

// Messages that come back to the application, because their peer was lost.
namespace spaceframe::engine
{

/// Messages that were restored, and then those that wait for the peer, go back to the application, with the
/// address that the pattern took off. Those of a peer are not taken apart: all go back, or none where too
/// many wait already.
void SocketCore::return_all(Peer& peer, memory::FrameRing& restored, std::size_t count,
                            std::uint64_t& unused_charge)
{
    const bool addressed = row_.outbound == pattern::Outbound::route;
    const std::size_t messages = count + peer.queued;
    const std::size_t most = peer.send_hwm == 0 ? SIZE_MAX : peer.send_hwm * peers_.size();
    bool has_room = counters.returning < most;
    try
    {
        returning_.reserve(restored.size() + peer.queue.size() + (addressed ? messages : 0));
    }
    catch (const std::bad_alloc&)
    {
        has_room = false;
    }
    if (!has_room)
    {
        counters.dropped_unclaimed += count;
        peer.books.dropped += count;
        unused_charge += discard_queue(restored, count) + drop_all(peer, counters.dropped_unclaimed);
        return;
    }
    bool begins = true;
    for (memory::FrameRing* ring : {&restored, &peer.queue})
    {
        while (!ring->empty())
        {
            if (addressed && begins)
            {
                Frame identity = peer.identity_frame;
                const auto* data = reinterpret_cast<const std::uint8_t*>(identity.data());
                const std::size_t size = identity.size();
                const sf_frame frame{identity.detach(), data, size, SF_FRAME_MORE, 0};
                returning_.push_back(&frame, 1);
            }
            const sf_frame frame = ring->pop_front();
            begins = (frame.flags & SF_FRAME_MORE) == 0;
            returning_.push_back(&frame, 1);
        }
    }
    counters.returning += messages;
    peer.books.returned += messages;
    peer.queued = 0;
    peer.charged = 0;
    peer.refused = false;
}

bool SocketCore::receive_returned(Message& message, Timeout timeout, error_code& error)
{
    error.clear();
    message.clear();
    if (description_.settings.on_peer_loss != manifest::OnPeerLoss::give_back)
    {
        error = errc::not_supported;
        return false;
    }
    const auto there = [this]
    {
        const std::lock_guard guard(mutex_);
        return closing_ || counters.returning > 0;
    };
    Patience patience(timeout);
    while (!error && !take_returned(message))
    {
        error = closing_ ? make_error_code(errc::terminated) : wait_until(there, patience);
    }
    return !error;
}

/// Into an empty message. Throws std::bad_alloc, and has done nothing then.
bool SocketCore::take_returned(Message& message)
{
    std::uint64_t charge = 0;
    {
        const std::lock_guard guard(mutex_);
        if (counters.returning == 0)
        {
            return false;
        }
        std::size_t frames = returning_.front_message();
        message.reserve(frames);
        charge = charge_of_returning();
        for (; frames > 0; --frames)
        {
            const sf_frame frame = returning_.pop_front();
            message.push_back(Frame(frame.owner, reinterpret_cast<const std::byte*>(frame.data), frame.size));
        }
        --counters.returning;
        ++counters.returned;
        returning_.shrink_if_idle();
    }
    permits_->release(charge);
    return true;
}

/// Drops all that nobody has received. Returns its charge.
std::uint64_t SocketCore::discard_returning() noexcept
{
    std::uint64_t charge = 0;
    for (; counters.returning > 0; --counters.returning)
    {
        charge += charge_of_returning();
        for (std::size_t frames = returning_.front_message(); frames > 0; --frames)
        {
            release_frame(returning_.pop_front());
        }
    }
    return charge;
}

/// What was charged for the first of them: not the address before it.
std::uint64_t SocketCore::charge_of_returning() const noexcept
{
    std::uint64_t charge = 0;
    const std::size_t address = row_.outbound == pattern::Outbound::route ? 1 : 0;
    for (std::size_t i = address; counts_charges_ && i < returning_.front_message(); ++i)
    {
        charge += charge_of({&returning_[i], 1});
    }
    return charge;
}

} // namespace spaceframe::engine
