#include "engine/coarse_clock.hpp"
#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

// What a full peer means, and when it has room again.
namespace spaceframe::engine
{

/// For a message whose peer is full. `pressed`: its connection has written what it could.
SocketCore::Room SocketCore::find_room(Peer& peer, std::span<const sf_frame> message, bool pressed,
                                       std::uint64_t& unused_charge, error_code& error) noexcept
{
    const pattern::WhenFull verdict = when_full(peer, message);
    return has_to_wait(peer, verdict, pressed) ? Room::none : make_room(peer, verdict, unused_charge, error);
}

/// True when a message has to wait for a full peer: the verdict says so, or its connection can write before
/// that counts.
bool SocketCore::has_to_wait(Peer& peer, pattern::WhenFull verdict, bool pressed) noexcept
{
    const bool waits = verdict == pattern::WhenFull::wait;
    if (!waits && (pressed || peer.connection == nullptr || !peer.connection->may_write_here()))
    {
        return false;
    }
    peer.refused = peer.refused || waits;
    if (peer.connection != nullptr)
    {
        mark_dirty(*peer.connection);
    }
    return true;
}

/// Does what the verdict about a full peer says.
SocketCore::Room SocketCore::make_room(Peer& peer, pattern::WhenFull verdict, std::uint64_t& unused_charge,
                                       error_code& error) noexcept
{
    switch (verdict)
    {
    case pattern::WhenFull::wait:
        break;
    case pattern::WhenFull::refuse:
        error = errc::no_room;
        break;
    case pattern::WhenFull::drop_newest:
        return Room::drop;
    case pattern::WhenFull::drop_oldest:
        while (peer.full() && peer.queued > 0)
        {
            unused_charge += drop_first(peer, counters.dropped_oldest);
        }
        return Room::made;
    case pattern::WhenFull::disconnect:
        if (peer.connection != nullptr && peer.connection->is_stuck())
        {
            peer.connection->condemn();
            mark_dirty(*peer.connection);
        }
        // Whoever is next takes it where peers take turns; told again when the transport is full, too.
        peer.refused = true;
        return pattern::takes_turns(row_) ? Room::none : Room::drop;
    }
    return Room::none;
}

pattern::WhenFull SocketCore::when_full(const Peer& peer, std::span<const sf_frame> message) noexcept
{
    if (decider_ == nullptr)
    {
        return when_full_;
    }
    const sf_queue_summary queue{
        sizeof(sf_queue_summary), 0, peer.queued, peer.counted_bytes(), age_of_first(peer),
        charge_of(message)};
    switch (decider_->on_full(queue))
    {
    case SF_ON_FULL_WAIT:
        return pattern::WhenFull::wait;
    case SF_ON_FULL_REFUSE:
        return pattern::WhenFull::refuse;
    case SF_ON_FULL_DROP_NEWEST:
        return pattern::WhenFull::drop_newest;
    case SF_ON_FULL_DROP_OLDEST:
        return pattern::WhenFull::drop_oldest;
    case SF_ON_FULL_DISCONNECT:
        return pattern::WhenFull::disconnect;
    default:
        return when_full_;
    }
}

/// How long the first message of the peer's queue has been there, in nanoseconds.
std::uint64_t SocketCore::age_of_first(const Peer& peer) const noexcept
{
    constexpr std::uint64_t millisecond = 1'000'000;
    const std::uint32_t age = peer.queue.empty() ? 0 : coarse_milliseconds() - peer.queue[0].reserved;
    return age * millisecond;
}

/// Notes in frames, which go into a queue, when that was, as far as somebody asks for it: the time, or a
/// number where newer messages take the places of older ones.
void SocketCore::stamp(std::span<sf_frame> frames) noexcept
{
    const std::uint32_t now = decider_ != nullptr ? coarse_milliseconds() : conflates_ ? ++last_number_ : 0;
    for (sf_frame& frame : frames)
    {
        frame.reserved = now;
    }
}

/// The same for frames that come back from a lost connection, and are older than all that waits.
void SocketCore::stamp_restored(std::span<sf_frame> frames) noexcept
{
    constexpr std::uint32_t long_ago = 1U << 30;
    stamp(frames);
    for (sf_frame& frame : frames)
    {
        frame.reserved -= conflates_ ? long_ago : 0;
    }
}

void SocketCore::drop_newest(Peer& peer, std::span<const sf_frame> message,
                             std::span<const std::uint64_t> charge, std::size_t& taken,
                             std::uint64_t& unused_charge) noexcept
{
    ++peer.books.assigned;
    ++peer.books.dropped;
    ++taken;
    ++counters.accepted;
    counters.accepted_bytes += payload(message);
    ++counters.dropped_full;
    unused_charge += charge.empty() ? 0 : charge.front();
}

/// Drops the first message of the peer's queue, for `reason`, a counter. Returns its charge.
std::uint64_t SocketCore::drop_first(Peer& peer, std::uint64_t& reason) noexcept
{
    std::uint64_t charge = 0;
    for (std::size_t frames = peer.queue.front_message(); frames > 0; --frames)
    {
        const sf_frame frame = peer.queue.pop_front();
        charge += counts_charges_ ? charge_of({&frame, 1}) : 0;
        release_frame(frame);
    }
    --peer.queued;
    peer.charged -= charge;
    ++peer.books.dropped;
    ++reason;
    return charge;
}

/// The peer's turn is over for now if it is full.
void SocketCore::note_full(Peer& peer) noexcept
{
    if (peer.full())
    {
        senders_.deactivate(peer.id.index);
        peer.refused = true;
        if (peer.connection != nullptr)
        {
            // Whoever finds no room now sees to it that there is some.
            mark_dirty(*peer.connection);
        }
    }
}

/// Messages of the peer have gone. True when it was full before and is not any more.
bool SocketCore::note_room(Peer& peer)
{
    if (!peer.refused || !peer.has_room_again())
    {
        return false;
    }
    peer.refused = false;
    if (senders_.contains(peer.id.index))
    {
        senders_.activate(peer.id.index);
    }
    ++capacity_epoch_;
    if (unassigned_messages_ > 0)
    {
        dispatch_unassigned();
    }
    if (writable_hook_)
    {
        writable_hook_();
    }
    return true;
}

bool SocketCore::note_stuck(Connection& connection) noexcept
{
    const Peer* const peer = connection.peer();
    const bool awaited = peer != nullptr && peer->refused && !peer->patient;
    if (awaited)
    {
        note_receivers();
    }
    return awaited;
}

} // namespace spaceframe::engine
