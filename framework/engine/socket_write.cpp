#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <new>
#include <numeric>

// From the peers' queues into the windows of their connections, and who writes those.
namespace spaceframe::engine
{

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
    peer.books.written += messages;
    peer.in_window -= messages;
    peer.charged -= charge;
    peer.window_charge -= peer.recalls ? charge : 0;
    return note_room(peer) || peer.pending() == 0;
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
