#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <new>
#include <utility>
#include <vector>

// Peers that are lost, and what becomes of their messages.
namespace spaceframe::engine
{

using Fate = manifest::OnPeerLoss;

namespace
{

/// Hands on messages that wait for anybody. Where there is no memory for that, whoever sends next, or finds
/// room, tries again.
template <class Dispatch>
void try_to(Dispatch dispatch) noexcept
{
    try
    {
        dispatch();
    }
    catch (const std::bad_alloc&)
    {
        return;
    }
}

} // namespace

void SocketCore::detach(Connection& connection)
{
    bool forgetting = false;
    std::uint64_t unused = 0;
    Clock::time_point end = Deadlines::never;
    DutyList duties;
    {
        const std::lock_guard guard(mutex_);
        std::erase(dirty_, &connection);
        connection.dirty = false;
        Peer* peer = connection.peer();
        if (peer == nullptr)
        {
            return;
        }
        connection.set_peer(nullptr);
        peer->connection = nullptr;
        peer->paused = false;
        hung_up_ -= std::exchange(peer->hung_up, false) ? 1U : 0U;
        --ready_peers_;
        if (!peer->durable)
        {
            routes_.remove(peer->identity, peer->id);
        }
        forgetting = publisher_ && begin_forgetting(*peer);

        const bool had_request = conversation_ && has_request(*peer);
        const Fate fate = fate_of(*peer, had_request);
        memory::FrameRing restored;
        std::size_t count = recover(connection, *peer, fate != Fate::drop, restored, unused);
        if (had_request && count + peer->queued > 1)
        {
            const std::size_t given_up = count + peer->queued - 1;
            const std::size_t from_window = std::min(count, given_up);
            const std::uint64_t charge =
                drop_abandoned(restored, from_window) + drop_abandoned(peer->queue, given_up - from_window);
            peer->books.dropped += given_up;
            count -= from_window;
            peer->queued -= given_up - from_window;
            peer->charged -= charge;
            unused += charge;
        }
        if (had_request && count + peer->queued == 0)
        {
            conversation_->lost();
        }
        else if (had_request && !peer->durable)
        {
            conversation_->reassigned({});
        }
        if (fate == Fate::expire && count + peer->queued > 0)
        {
            end = deadline_after(description_.settings.peer_loss_expiry);
        }
        if (fate == Fate::give_back)
        {
            return_all(*peer, restored, count, unused);
        }
        else if (fate == Fate::drop)
        {
            unused += drop_all(*peer, counters.dropped_peer_lost);
        }
        else
        {
            unused += keep(*peer, restored, count, end);
        }
        if (peer->durable && fate != Fate::keep)
        {
            // Nothing more waits for it.
            routes_.remove(peer->identity, peer->id);
            if (senders_.contains(peer->id.index))
            {
                senders_.remove(peer->id.index);
            }
        }
        if (!peer->durable)
        {
            peer->gone = true;
            if (senders_.contains(peer->id.index))
            {
                senders_.remove(peer->id.index);
            }
            update_readiness(*peer);
            try_to(
                [this]
                {
                    dispatch_unassigned();
                });
            postpone_writes(duties);
        }
        ++capacity_epoch_;
        if (writable_hook_)
        {
            writable_hook_();
        }
    }
    give_back(unused);
    perform(duties);
    if (forgetting)
    {
        forget_later();
    }
    expire_at(end);
    notify();
}

/// What becomes of the messages of a peer that is lost.
Fate SocketCore::fate_of(const Peer& peer, bool had_request) const noexcept
{
    const Fate wanted = description_.settings.on_peer_loss;
    const bool may_wait = pattern::takes_turns(row_) || peer.durable;
    if (wanted == Fate::give_back && !closing_)
    {
        return Fate::give_back;
    }
    if (closed_ || !may_wait || wanted == Fate::drop || (conversation_ && !had_request))
    {
        return Fate::drop;
    }
    // While the socket closes nobody receives what is returned.
    return wanted == Fate::expire ? Fate::expire : Fate::keep;
}

/// Takes back what the connection had not written, into `restored` if it is `wanted`. Returns how many
/// messages are there; the others are dropped.
std::size_t SocketCore::recover(Connection& connection, Peer& peer, bool wanted, memory::FrameRing& restored,
                                std::uint64_t& unused_charge)
{
    const std::size_t open = peer.in_window;
    const std::uint64_t open_charge = connection.open_charge();
    std::size_t count = 0;
    try
    {
        count = wanted ? connection.recover(restored) : 0;
    }
    catch (const std::bad_alloc&)
    {
        restored.clear();
    }
    counters.restored += count;
    (closed_ ? counters.dropped_closed : counters.dropped_peer_lost) += open - count;
    peer.books.dropped += open - count;
    if (count < open)
    {
        std::uint64_t kept_charge = 0;
        for (std::size_t i = 0; counts_charges_ && i < restored.size(); ++i)
        {
            kept_charge += charge_of({&restored[i], 1});
        }
        unused_charge += open_charge - kept_charge;
        peer.charged -= open_charge - kept_charge;
    }
    peer.in_window = 0;
    peer.window_charge = 0;
    return count;
}

/// Messages that were restored, and those that wait for the peer, wait on, until `end`. Without memory for
/// that they are dropped; returns their charge then.
std::uint64_t SocketCore::keep(Peer& peer, memory::FrameRing& restored, std::size_t count,
                               Clock::time_point end) noexcept
{
    peer.lost_until = end;
    try
    {
        peer.durable ? keep_for(peer, restored, count) : keep_for_others(peer, restored, count, end);
        return 0;
    }
    catch (const std::bad_alloc&)
    {
        counters.dropped_peer_lost += count;
        peer.books.dropped += count;
        return discard_queue(restored, count) + drop_all(peer, counters.dropped_peer_lost);
    }
}

/// Messages that were restored go before those that wait for the peer's endpoint to come back.
void SocketCore::keep_for(Peer& peer, memory::FrameRing& restored, std::size_t count)
{
    peer.queue.reserve(restored.size());
    std::vector<sf_frame> frames;
    frames.reserve(restored.size() + (conflates_ ? peer.queue.size() : 0));
    while (!restored.empty())
    {
        frames.push_back(restored.pop_front());
    }
    stamp_restored(frames);
    if (conflates_)
    {
        // What waits is newer.
        while (!peer.queue.empty())
        {
            frames.push_back(peer.queue.pop_front());
        }
        push_queue(peer, frames, count + std::exchange(peer.queued, 0));
    }
    else
    {
        peer.queue.push_front(frames.data(), frames.size());
        peer.queued += count;
    }
    if (senders_.contains(peer.id.index))
    {
        note_full(peer);
    }
}

/// Messages that were restored, and then those that wait for the peer, wait for whoever comes, until `end`.
void SocketCore::keep_for_others(Peer& peer, memory::FrameRing& restored, std::size_t count,
                                 Clock::time_point end)
{
    unassigned_.reserve(restored.size() + peer.queue.size());
    if (end != Deadlines::never)
    {
        unassigned_ends_.push(unassigned_messages_, count + peer.queued, end);
    }
    for (memory::FrameRing* ring : {&restored, &peer.queue})
    {
        while (!ring->empty())
        {
            sf_frame frame = ring->pop_front();
            if (ring == &restored)
            {
                stamp_restored({&frame, 1});
            }
            unassigned_.push_back(&frame, 1);
        }
    }
    unassigned_messages_ += count + std::exchange(peer.queued, 0);
}

/// Drops what waits for the peer, for `reason`, a counter. Returns its charge.
std::uint64_t SocketCore::drop_all(Peer& peer, std::uint64_t& reason) noexcept
{
    reason += peer.queued;
    peer.books.dropped += peer.queued;
    peer.charged = 0;
    peer.refused = false;
    return discard_queue(peer.queue, peer.queued);
}

void SocketCore::remove_durable_peer(pattern::PeerId id)
{
    DutyList duties;
    std::uint64_t unused = 0;
    Clock::time_point end = Deadlines::never;
    {
        const std::lock_guard guard(mutex_);
        unused = release_durable_peer(id, end);
        postpone_writes(duties);
    }
    permits_->release(unused);
    perform(duties);
    expire_at(end);
    notify();
}

/// Returns the permits of messages that were dropped; of the others it tells when they end.
std::uint64_t SocketCore::release_durable_peer(pattern::PeerId id, Clock::time_point& end)
{
    std::uint64_t unused = 0;
    Peer* peer = find_peer(id);
    if (peer == nullptr || !peer->durable || peer->connection != nullptr)
    {
        return unused;
    }
    if (conversation_ && has_request(*peer))
    {
        conversation_->reassigned({});
    }
    else if (conversation_)
    {
        unused = drop_abandoned(peer->queue, std::exchange(peer->queued, 0));
    }
    peer->durable = false;
    routes_.remove(peer->identity, peer->id);
    const Fate wanted = description_.settings.on_peer_loss;
    if (wanted == Fate::give_back && !closing_)
    {
        memory::FrameRing none;
        return_all(*peer, none, 0, unused);
    }
    else if (wanted == Fate::drop || !pattern::takes_turns(row_))
    {
        unused += drop_all(*peer, counters.dropped_peer_lost);
    }
    else
    {
        // What waited for this endpoint goes to whoever comes.
        if (wanted == Fate::expire && peer->queued > 0)
        {
            end = peer->lost_until != Deadlines::never
                      ? peer->lost_until
                      : deadline_after(description_.settings.peer_loss_expiry);
        }
        memory::FrameRing none;
        unused += keep(*peer, none, 0, end);
    }
    peer->gone = true;
    if (senders_.contains(peer->id.index))
    {
        senders_.remove(peer->id.index);
    }
    update_readiness(*peer);
    try_to(
        [this]
        {
            dispatch_unassigned();
        });
    return unused;
}

/// Messages have waited for a peer since it was lost, and may not wait longer than until `end`.
void SocketCore::expire_at(Clock::time_point end) noexcept
{
    try
    {
        set_alarm(end);
    }
    catch (const std::bad_alloc&)
    {
        // They are dropped when the alarm rings next, for whatever reason.
        return;
    }
}

/// Drops what has waited long enough for a peer that was lost.
void SocketCore::drop_expired() noexcept
{
    if (description_.settings.on_peer_loss != Fate::expire)
    {
        return;
    }
    std::uint64_t unused = 0;
    Clock::time_point next = Deadlines::never;
    {
        const std::lock_guard guard(mutex_);
        const Clock::time_point now = Clock::now();
        const std::uint64_t before = counters.dropped_expired;
        for (const auto& peer : peers_)
        {
            if (peer && peer->lost_until <= now)
            {
                unused += drop_all(*peer, counters.dropped_expired);
                peer->lost_until = Deadlines::never;
            }
            next = peer ? std::min(next, peer->lost_until) : next;
        }
        if (unassigned_ends_.next() <= now)
        {
            const std::size_t others = unassigned_messages_ - unassigned_ends_.known();
            unassigned_ends_.sweep(now,
                                   [&](std::size_t messages, bool over)
                                   {
                                       unused += pass_unassigned(messages, over);
                                   });
            pass_unassigned(others, false);
        }
        next = std::min(next, unassigned_ends_.next());
        if (counters.dropped_expired != before)
        {
            note_receivers();
        }
    }
    permits_->release(unused);
    expire_at(next);
}

/// Of those that have no peer, the first `messages` go to the end, or are dropped because their time is
/// `over`. Returns the charge of what was dropped.
std::uint64_t SocketCore::pass_unassigned(std::size_t messages, bool over) noexcept
{
    std::uint64_t charge = 0;
    counters.dropped_expired += over ? messages : 0;
    unassigned_messages_ -= over ? messages : 0;
    while (messages > 0)
    {
        const sf_frame frame = unassigned_.pop_front();
        messages -= (frame.flags & SF_FRAME_MORE) == 0 ? 1U : 0U;
        if (over)
        {
            charge += counts_charges_ ? charge_of({&frame, 1}) : 0;
            release_frame(frame);
        }
        else
        {
            unassigned_.push_back(&frame, 1);
        }
    }
    return charge;
}

} // namespace spaceframe::engine
