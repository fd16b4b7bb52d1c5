#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>
#include <utility>

namespace spaceframe::engine
{

void SocketCore::submit(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                        error_code& error)
{
    if (conversation_)
    {
        submit_in_turn(group, taken, unused_charge, error);
    }
    else if (row_.outbound == pattern::Outbound::route)
    {
        submit_routed(group, taken, unused_charge, error);
    }
    else if (pattern::multiplies(row_))
    {
        submit_copies(group, taken, error);
    }
    else
    {
        submit_balanced(group, taken, unused_charge, error);
    }
}

void SocketCore::mark_dirty(Connection& connection) noexcept
{
    if (!connection.dirty)
    {
        dirty_.push_back(&connection); // make_peer() made room
        connection.dirty = true;
    }
}

bool SocketCore::send_at_once(const sf_frame& frame) noexcept
{
    return sends_plainly_ ? append_at_once<false>(frame) : sends_counted_ && append_at_once<true>(frame);
}

/// `Counts`: the message has a charge. The other way has not even the question.
template <bool Counts>
bool SocketCore::append_at_once(const sf_frame& frame) noexcept
{
    std::uint64_t charge = 0;
    if constexpr (Counts)
    {
        charge = charge_of({&frame, 1});
        if (permits_->try_acquire(charge) != SF_OK)
        {
            return false;
        }
    }
    std::shared_ptr<Connection> writer;
    Duty duty = Duty::none;
    // True: it is on its way, and `writer`, if there is one, has that duty.
    const bool appended = [&]
    {
        const std::lock_guard guard(mutex_);
        if (closing_ || unassigned_messages_ > 0 || senders_.active() == 0 ||
            (corked_ == 0 && !dirty_.empty()))
        {
            return false;
        }
        Peer& peer = *peers_[senders_.current()];
        Connection* connection = peer.connection;
        if (connection == nullptr || !peer.queue.empty())
        {
            return false;
        }
        if constexpr (Counts)
        {
            if (!connection->append(frame, charge))
            {
                return false;
            }
            peer.charged += charge;
        }
        else if (!connection->append(frame))
        {
            return false;
        }
        ++peer.in_window;
        ++peer.books.assigned;
        ++counters.accepted;
        counters.accepted_bytes += frame.size;
        senders_.advance();
        note_full(peer);
        if (corked_ > 0)
        {
            mark_dirty(*connection);
            return true;
        }
        duty = connection->claim_write(false);
        if (duty != Duty::none)
        {
            writer = connection->shared_from_this();
        }
        return true;
    }();
    if (Counts && !appended)
    {
        permits_->release(charge);
    }
    if (writer)
    {
        writer->perform(duty);
    }
    return appended;
}

void SocketCore::submit_balanced(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                                 error_code& error)
{
    if (unassigned_messages_ > 0)
    {
        dispatch_unassigned();
        if (unassigned_messages_ > 0 && when_full_ == pattern::WhenFull::wait && decider_ == nullptr)
        {
            return;
        }
    }
    std::span<const sf_frame> frames = group.frames;
    while (taken < group.messages && senders_.size() > 0)
    {
        const bool has_room = senders_.active() > 0;
        Peer& peer = *peers_[has_room ? senders_.current() : senders_.current_of_all()];
        std::size_t count = 1;
        if (senders_.active() == 1 && peer.send_hwm_bytes == 0)
        {
            count = group.messages - taken;
            if (peer.send_hwm != 0)
            {
                count = std::min(count, peer.send_hwm - peer.counted());
            }
        }
        const auto part = count == group.messages ? frames : first_messages(frames, count);
        const auto charges = group.charges.empty() ? group.charges : group.charges.subspan(taken, count);
        const Room room =
            has_room ? Room::made : find_room(peer, part, group.pressed && taken == 0, unused_charge, error);
        if (room == Room::none)
        {
            return;
        }
        if (room == Room::drop)
        {
            drop_newest(peer, part, charges, taken, unused_charge);
        }
        else if (unassigned_messages_ > 0)
        {
            let_pass(peer, part, taken);
        }
        else
        {
            assign(peer, part, count, charges, taken);
        }
        frames = frames.subspan(part.size());
        senders_.advance();
        note_full(peer);
    }
}

/// There is room at `peer`: the first of those that have no peer gets it, and the message is the last of
/// them.
void SocketCore::let_pass(Peer& peer, std::span<const sf_frame> message, std::size_t& taken)
{
    unassigned_.reserve(message.size());
    FrameList owned = own(message);
    stamp(owned);
    unassigned_.push_back(owned.data(), owned.size());
    ++unassigned_messages_;
    ++taken;
    ++counters.accepted;
    counters.accepted_bytes += payload(message);
    senders_.activate(peer.id.index);
    dispatch_unassigned();
}

void SocketCore::submit_routed(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                               error_code& error)
{
    std::span<const sf_frame> frames = group.frames;
    while (taken < group.messages)
    {
        const auto message = first_messages(frames, 1);
        if (message.size() == 1)
        {
            error = errc::invalid_argument;
            return;
        }
        const sf_frame& address = message.front();
        const auto route =
            routes_.find(std::string_view(reinterpret_cast<const char*>(address.data), address.size));
        Peer* peer = route ? peers_[route->index].get() : nullptr;
        const auto body = message.subspan(1);
        const auto charge = group.charges.empty() ? group.charges : group.charges.subspan(taken, 1);
        if (peer == nullptr)
        {
            if (description_.settings.router_mandatory)
            {
                error = errc::host_unreachable;
                return;
            }
            ++taken;
            ++counters.accepted;
            counters.accepted_bytes += payload(body);
            ++counters.dropped_unroutable;
            unused_charge += charge.empty() ? 0 : charge.front();
        }
        else
        {
            const bool pressed = group.pressed && taken == 0;
            switch (peer->full() ? find_room(*peer, body, pressed, unused_charge, error) : Room::made)
            {
            case Room::made:
                assign(*peer, body, 1, charge, taken);
                break;
            case Room::drop:
                drop_newest(*peer, body, charge, taken, unused_charge);
                break;
            case Room::none:
                return;
            }
        }
        frames = frames.subspan(message.size());
    }
}

void SocketCore::assign(Peer& peer, std::span<const sf_frame> frames, std::size_t messages,
                        std::span<const std::uint64_t> charges, std::size_t& taken)
{
    if (peer.connection != nullptr)
    {
        mark_dirty(*peer.connection);
        if (peer.queue.empty() && !recalls_)
        {
            const Chunk::Taken encoded = peer.connection->append(frames, charges);
            peer.in_window += encoded.messages;
            count_accepted(peer, frames.first(encoded.frames), encoded.messages, charges, taken);
            frames = frames.subspan(encoded.frames);
            messages -= encoded.messages;
            charges = charges.empty() ? charges : charges.subspan(encoded.messages);
        }
    }
    if (messages > 0)
    {
        enqueue(peer, frames, messages);
        count_accepted(peer, frames, messages, charges, taken);
    }
}

void SocketCore::count_accepted(Peer& peer, std::span<const sf_frame> frames, std::size_t messages,
                                std::span<const std::uint64_t> charges, std::size_t& taken) noexcept
{
    taken += messages;
    peer.books.assigned += messages;
    counters.accepted += messages;
    counters.accepted_bytes += payload(frames);
    for (std::size_t i = 0; i < std::min(messages, charges.size()); ++i)
    {
        peer.charged += charges[i];
    }
}

/// All frames, or none when there is no memory.
void SocketCore::enqueue(Peer& peer, std::span<const sf_frame> frames, std::size_t messages)
{
    peer.queue.reserve(frames.size());
    FrameList owned = own(frames);
    stamp(owned);
    push_queue(peer, owned, messages);
}

/// The same frames with a reference each to memory that outlives the call. Throws std::bad_alloc, and has
/// done nothing then.
FrameList SocketCore::own(std::span<const sf_frame> frames)
{
    FrameList owned(frames.begin(), frames.end());
    for (std::size_t i = 0; i < owned.size(); ++i)
    {
        sf_frame& frame = owned[i];
        if (frame.owner != nullptr)
        {
            memory::retain(frame.owner);
            continue;
        }
        if (frame.size == 0)
        {
            continue;
        }
        frame.owner = memory::allocate(frame.size);
        if (frame.owner == nullptr)
        {
            owned.resize(i);
            release_frames(owned);
            throw std::bad_alloc();
        }
        std::memcpy(frame.owner->data, frame.data, frame.size);
        frame.data = frame.owner->data;
    }
    return owned;
}

/// Whole messages go into the peer's queue, which has room for them.
void SocketCore::push_queue(Peer& peer, std::span<const sf_frame> frames, std::size_t messages) noexcept
{
    if (!peer.newest)
    {
        peer.queue.push_back(frames.data(), frames.size());
        peer.queued += messages;
        return;
    }
    for (; messages > 0; --messages)
    {
        const auto message = first_messages(frames, 1);
        frames = frames.subspan(message.size());
        if (const auto older = peer.newest->put(peer.queue, message))
        {
            ++counters.dropped_conflated;
            ++peer.books.dropped;
            const std::uint64_t charge = counts_charges_ ? *older : 0;
            peer.charged -= charge;
            permits_->release(charge - std::exchange(passed_on_, 0));
        }
        else
        {
            ++peer.queued;
        }
    }
}

void SocketCore::dispatch_unassigned()
{
    FrameList frames;
    while (unassigned_messages_ > 0 && senders_.active() > 0)
    {
        Peer& peer = *peers_[senders_.current()];
        std::size_t count = unassigned_.front_message();
        frames.clear();
        frames.reserve(count);
        peer.queue.reserve(count);
        for (; count > 0; --count)
        {
            frames.push_back(unassigned_.pop_front());
        }
        --unassigned_messages_;
        unassigned_ends_.pop();
        ++peer.books.assigned;
        if (!conflates_)
        {
            stamp(frames);
        }
        if (peer.newest && peer.newest->has_newer(peer.queue, frames.front()))
        {
            ++counters.dropped_conflated;
            ++peer.books.dropped;
            permits_->release(counts_charges_ ? charge_of(frames) : 0);
            release_frames(frames);
        }
        else
        {
            push_queue(peer, frames, 1);
            peer.charged += counts_charges_ ? charge_of(frames) : 0;
        }
        if (peer.connection != nullptr)
        {
            mark_dirty(*peer.connection);
        }
        senders_.advance();
        note_full(peer);
        if (conversation_ && unassigned_messages_ == 0 && !conversation_->settled() &&
            conversation_->partner() == pattern::PeerId{})
        {
            // The last of them is the request under way; the others were given up.
            conversation_->reassigned(peer.id);
        }
    }
}

void SocketCore::drop_refused(const error_code& error, std::size_t messages)
{
    const std::lock_guard guard(mutex_);
    counters.accepted += messages;
    if (pattern::multiplies(row_))
    {
        // Nobody knows to how many peers they would have gone.
        counters.matched += messages;
        counters.copies += messages;
    }
    (error == errc::terminated                            ? counters.dropped_closed
     : error == errc::too_large || error == errc::no_room ? counters.dropped_full
                                                          : counters.dropped_unroutable) += messages;
}

} // namespace spaceframe::engine
