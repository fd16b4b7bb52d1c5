#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <numeric>

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

bool SocketCore::send_at_once(const sf_frame& frame) noexcept
{
    std::shared_ptr<Connection> writer;
    Duty duty = Duty::none;
    {
        const std::lock_guard guard(mutex_);
        if (closing_ || !sends_plainly_ || unassigned_messages_ > 0 || senders_.active() == 0 ||
            (corked_ == 0 && !dirty_.empty()))
        {
            return false;
        }
        Peer& peer = *peers_[senders_.current()];
        Connection* connection = peer.connection;
        if (connection == nullptr || !peer.queue.empty() || !connection->append(frame))
        {
            return false;
        }
        ++peer.in_window;
        ++counters.accepted;
        counters.accepted_bytes += frame.size;
        senders_.advance();
        note_full(peer);
        if (corked_ > 0)
        {
            mark_dirty(*connection);
        }
        else
        {
            duty = connection->claim_write(false);
            if (duty != Duty::none)
            {
                writer = connection->shared_from_this();
            }
        }
    }
    if (writer)
    {
        writer->perform(duty);
    }
    return true;
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
            drop_newest(part, charges, taken, unused_charge);
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
                drop_newest(body, charge, taken, unused_charge);
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
            const std::uint64_t charge = counts_charges_ ? *older : 0;
            peer.charged -= charge;
            permits_->release(charge);
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
        if (!conflates_)
        {
            stamp(frames);
        }
        if (peer.newest && peer.newest->has_newer(peer.queue, frames.front()))
        {
            ++counters.dropped_conflated;
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

/// The first in the peer's queue. False when it has to wait.
bool SocketCore::send_subscription(Connection& connection, Peer& peer)
{
    const sf_status status = connection.append_subscription(peer.queue[0]);
    if (status == SF_NO_MEMORY && peer.in_window == 0)
    {
        throw std::bad_alloc();
    }
    if (status == SF_WOULD_BLOCK || status == SF_NO_MEMORY)
    {
        return false;
    }
    // Whatever else went wrong, the protocol has no subscriptions.
    const sf_frame frame = peer.queue.pop_front();
    release_frames({&frame, 1});
    return true;
}

SocketCore::Refilled SocketCore::refill(Connection& connection)
{
    Refilled result;
    Peer& peer = *connection.peer();
    FrameList frames;
    boost::container::small_vector<std::uint64_t, 128> charges;
    std::size_t committed = 0; // bytes that cannot be recalled any more
    while (!peer.queue.empty() && (!peer.recalls || committed < memory::slab_size))
    {
        if (is_subscription(peer.queue[0]))
        {
            if (!send_subscription(connection, peer))
            {
                break;
            }
            continue;
        }
        frames.clear();
        charges.clear();
        std::size_t begin = 0;
        for (std::size_t i = 0; i < peer.queue.size() && !is_subscription(peer.queue[i]); ++i)
        {
            frames.push_back(peer.queue[i]);
            frames.back().reserved = 0;
            committed += frames.back().size;
            if ((frames.back().flags & SF_FRAME_MORE) == 0)
            {
                if (counts_charges_)
                {
                    charges.push_back(charge_of({frames.data() + begin, frames.size() - begin}));
                }
                begin = frames.size();
                if (begin >= Source::frames_at_once || (peer.recalls && committed >= memory::slab_size))
                {
                    break;
                }
            }
        }
        const Chunk::Taken taken = connection.append({frames.data(), begin}, charges);
        peer.queued -= taken.messages;
        peer.in_window += taken.messages;
        if (peer.recalls && counts_charges_)
        {
            peer.window_charge += std::accumulate(
                charges.begin(), charges.begin() + static_cast<std::ptrdiff_t>(taken.messages),
                std::uint64_t{0});
        }
        for (std::size_t i = 0; i < taken.frames; ++i)
        {
            const sf_frame frame = peer.queue.pop_front();
            release_frame(frame);
        }
        if (taken.status != SF_OK && taken.status != SF_NO_MEMORY && taken.messages == 0)
        {
            // It can never be encoded for this peer.
            result.unused_charge += drop_first(peer, counters.dropped_unsendable);
            result.awaited = true;
            continue;
        }
        if (taken.status == SF_NO_MEMORY && taken.messages == 0 && peer.in_window == 0)
        {
            throw std::bad_alloc();
        }
        if (taken.frames < begin)
        {
            break;
        }
    }
    if (result.awaited || peer.recalls)
    {
        result.awaited = note_room(peer) || result.awaited;
    }
    peer.queue.shrink_if_idle();
    return result;
}

bool SocketCore::written(Connection& connection, std::size_t messages, std::uint64_t charge,
                         std::uint64_t bytes)
{
    counters.written_bytes += bytes;
    if (messages == 0 || connection.peer() == nullptr)
    {
        return false;
    }
    Peer& peer = *connection.peer();
    counters.written += messages;
    peer.in_window -= messages;
    peer.charged -= charge;
    peer.window_charge -= peer.recalls ? charge : 0;
    return note_room(peer) || peer.pending() == 0;
}

void SocketCore::mark_dirty(Connection& connection) noexcept
{
    if (!connection.dirty)
    {
        dirty_.push_back(&connection); // make_peer() made room
        connection.dirty = true;
    }
}

/// Asks `claim` of each connection that has something to write what there is to do for it.
template <class Claim>
void SocketCore::claim(DutyList& duties, Claim claim) noexcept
{
    try
    {
        duties.reserve(duties.size() + dirty_.size());
    }
    catch (const std::bad_alloc&)
    {
        // As many as fit; the others stay dirty, and the next call asks for them.
    }
    std::size_t claimed = 0;
    for (; claimed < dirty_.size() && duties.size() < duties.capacity(); ++claimed)
    {
        Connection& connection = *dirty_[claimed];
        connection.dirty = false;
        const Duty duty = connection.claim_end() ? Duty::disconnect : claim(connection);
        if (duty != Duty::none)
        {
            duties.emplace_back(connection.shared_from_this(), duty);
        }
    }
    dirty_.erase(dirty_.begin(), dirty_.begin() + static_cast<std::ptrdiff_t>(claimed));
}

void SocketCore::claim_writes(DutyList& duties, bool urgent) noexcept
{
    claim(duties,
          [urgent](Connection& connection)
          {
              return connection.claim_write(urgent);
          });
}

/// For loops, which write at the end of their turns.
void SocketCore::postpone_writes(DutyList& duties) noexcept
{
    claim(duties,
          [](Connection& connection)
          {
              return connection.claim_turn();
          });
}

void SocketCore::perform(const DutyList& duties) noexcept
{
    for (const auto& [connection, duty] : duties)
    {
        connection->perform(duty);
    }
}

} // namespace spaceframe::engine
