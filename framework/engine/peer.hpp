#pragma once

#include "engine/leftovers.hpp"
#include "engine/newest.hpp"
#include "engine/signal.hpp"
#include "memory/frame_ring.hpp"
#include "memory/pinned_bytes.hpp"
#include "pattern/peer_id.hpp"

#include <spaceframe/message.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace spaceframe::engine
{

class Connection;

/// One peer of a socket. Guarded by the socket's lock.
struct Peer
{
    pattern::PeerId id;
    std::string identity;
    std::string endpoint;             ///< of a durable one
    Frame identity_frame;             ///< the same, to put before messages
    Connection* connection = nullptr; ///< while it is ready
    bool durable =
        false; ///< belongs to an endpoint that dials, and keeps its queue from one connection to the next
    bool gone = false; ///< lost for good; stays until what it sent was received
    Clock::time_point lost_until =
        Clock::time_point::max(); ///< what waits for it since it was lost ends then

    PeerLedger books; ///< but `queued` and `pending`, which ledger() adds

    std::uint64_t send_hwm = 0;          ///< messages; 0: no mark
    std::uint64_t send_hwm_bytes = 0;    ///< charged bytes; 0: no mark
    std::uint64_t recv_hwm = 0;          ///< messages; 0: no mark
    std::uint64_t recv_hwm_bytes = 0;    ///< bytes of memory; 0: no mark
    std::uint64_t max_subscriptions = 0; ///< topics; 0: no cap

    memory::FrameRing
        queue; ///< messages that are not encoded yet, and subscriptions in their place between them
    std::size_t queued = 0;       ///< messages in `queue`
    std::size_t in_window = 0;    ///< messages in the wire window of `connection`
    std::optional<Newest> newest; ///< of `queue`, where only those are kept
    bool refused = false;         ///< somebody found it full and may wait
    bool patient = true;          ///< whoever finds it full waits until half of the mark is free
    bool recalls = false; ///< messages stay in `queue` as long as they can, and the mark counts only them
    std::uint64_t charged = 0;       ///< bytes of both, counted where a mark or a budget asks for it
    std::uint64_t window_charge = 0; ///< of these, in the wire window; counted where the peer recalls

    memory::FrameRing incoming; ///< messages that nobody has received yet
    std::optional<Newest> newest_incoming;
    std::size_t arrived = 0;    ///< messages in `incoming`
    std::size_t lent = 0;       ///< messages that wait in the socket's inbox
    std::size_t told = 0;       ///< of all these: news of its subscriptions, which do not count for the marks
    memory::PinnedBytes pinned; ///< what the others pin; kept where there is recv_hwm_bytes
    bool paused = false;        ///< reading stopped because of recv_hwm or recv_hwm_bytes
    bool hung_up = false;       ///< has closed, while reading is paused, and left something to be read
    Leftovers::Share left;      ///< of one that is gone
    bool forgetting = false;    ///< gone, but some of its topics are still there, under its index

    std::size_t unreceived() const noexcept
    {
        return arrived + lent;
    }

    PeerLedger ledger() const noexcept
    {
        PeerLedger all = books;
        all.queued = pending();
        all.pending = waiting();
        return all;
    }

    /// Messages that count for recv_hwm.
    std::size_t waiting() const noexcept
    {
        return unreceived() - told;
    }

    /// Bytes that count for recv_hwm_bytes: the memory in which the messages lie, and their places in a
    /// queue.
    std::uint64_t held_bytes() const noexcept
    {
        return pinned.bytes() + (incoming.size() + lent - told) * sizeof(sf_frame);
    }

    /// How many frames may come until a mark for receiving is reached; 0: it is.
    std::size_t room() const noexcept
    {
        std::uint64_t frames = SIZE_MAX;
        if (recv_hwm != 0)
        {
            frames = recv_hwm - std::min<std::uint64_t>(recv_hwm, waiting());
        }
        if (recv_hwm_bytes != 0)
        {
            const std::uint64_t free = recv_hwm_bytes - std::min(recv_hwm_bytes, held_bytes());
            frames = std::min(frames, free / sizeof(sf_frame) + (free % sizeof(sf_frame) != 0 ? 1 : 0));
        }
        return static_cast<std::size_t>(frames);
    }

    /// Half of each mark is free again, so that loops are not told for each message.
    bool wants_more() const noexcept
    {
        return (recv_hwm == 0 || waiting() <= recv_hwm / 2) &&
               (recv_hwm_bytes == 0 || held_bytes() <= recv_hwm_bytes / 2);
    }

    std::size_t pending() const noexcept
    {
        return queued + in_window;
    }

    /// What the mark counts.
    std::size_t counted() const noexcept
    {
        return recalls ? queued : pending();
    }

    /// What the mark of bytes counts.
    std::uint64_t counted_bytes() const noexcept
    {
        return charged - window_charge;
    }

    bool full() const noexcept
    {
        return (send_hwm != 0 && counted() >= send_hwm) ||
               (send_hwm_bytes != 0 && counted_bytes() >= send_hwm_bytes);
    }

    /// Half of the mark is free again: as in libzmq, a peer that was full is asked again only then, so that
    /// senders wake up for more than one message. Where nobody waits, any room will do.
    bool has_room_again() const noexcept
    {
        return !patient ? !full()
                        : (send_hwm == 0 || counted() <= send_hwm / 2) &&
                              (send_hwm_bytes == 0 || counted_bytes() <= send_hwm_bytes / 2);
    }
};

} // namespace spaceframe::engine
