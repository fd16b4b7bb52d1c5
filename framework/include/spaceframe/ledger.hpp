#pragma once

#include <cstdint>

namespace spaceframe
{

/// What became of the messages of one socket. Counts are messages unless they say otherwise,
/// and each is counted where it happens, none computed from the others. Going out: accepted == written +
/// queued + returned + returning + the sum of dropped_*. A socket that sends a message to several peers (PUB,
/// XPUB, XSUB) counts copies: accepted == matched + unmatched, and copies == written + queued + the sum of
/// dropped_*. Coming in: arrived == delivered + pending + dropped_incoming + dropped_malformed +
/// dropped_unexpected + dropped_unwanted + dropped_outdated. Subscriptions are no messages, except as an XPUB
/// receives them.
struct Ledger
{
    std::uint64_t accepted = 0; ///< taken from the application
    std::uint64_t matched = 0;  ///< PUB, XPUB, XSUB: messages that went to at least one peer
    std::uint64_t unmatched =
        0; ///< PUB, XPUB, XSUB: messages that nobody had subscribed to, or with no peer there
    std::uint64_t copies = 0;  ///< PUB, XPUB, XSUB: one for each peer that a message went to
    std::uint64_t written = 0; ///< taken whole by a transport
    std::uint64_t queued =
        0; ///< in the socket now: waiting for a peer, in a peer's queue or in its wire window
    std::uint64_t restored = 0;  ///< taken back from a lost connection because they had not been written
                                 ///< whole; they are queued again, or return to the application
    std::uint64_t returning = 0; ///< taken back from a lost peer, and waiting for receive_returned() now
    std::uint64_t returned = 0;  ///< of these: received by the application
    std::uint64_t dropped_unroutable = 0; ///< ROUTER: nobody had the identity
    std::uint64_t dropped_full = 0;       ///< the peer had no room, or the budget none, and the pattern drops
    std::uint64_t dropped_oldest = 0;     ///< gave its place to a newer one, as `on_full` says
    std::uint64_t dropped_conflated = 0;  ///< a newer one came before it was on its way, with `conflate`
    std::uint64_t dropped_peer_lost = 0;  ///< the peer went, and nobody else gets the message
    std::uint64_t dropped_expired = 0;    ///< waited for a lost peer for as long as `peer_loss_expiry`
    std::uint64_t dropped_unclaimed = 0; ///< came back from a lost peer, and nobody had received earlier ones
    std::uint64_t dropped_unsendable = 0; ///< the peer's protocol has no form for the message
    std::uint64_t dropped_closed = 0;     ///< discarded when the socket was closed
    std::uint64_t dropped_abandoned = 0;  ///< REQ: requests that were given up before they were sent
    std::uint64_t accepted_bytes = 0;     ///< payload bytes of `accepted`
    std::uint64_t written_bytes = 0;      ///< bytes on the wire, protocol included

    std::uint64_t arrived = 0;            ///< whole messages decoded
    std::uint64_t delivered = 0;          ///< taken by the application
    std::uint64_t pending = 0;            ///< waiting for the application now
    std::uint64_t dropped_incoming = 0;   ///< discarded when the socket was closed
    std::uint64_t dropped_malformed = 0;  ///< REQ, REP: without the envelope of the pattern
    std::uint64_t dropped_unexpected = 0; ///< REQ: replies that nobody waited for, or waits for any more
    std::uint64_t dropped_unwanted =
        0; ///< SUB: not subscribed to (any more). PUB: messages of its subscribers
    std::uint64_t dropped_outdated = 0; ///< a newer one came before it was received, with `conflate`
    std::uint64_t arrived_bytes = 0;    ///< bytes read from transports

    std::uint64_t connections = 0; ///< handshakes completed
    std::uint64_t reconnects = 0;  ///< of these: after an earlier connection of the same endpoint
    std::uint64_t failures = 0;    ///< dials and handshakes that failed
    std::uint64_t peers = 0;       ///< ready now
};

/// The terms `dropped_*` of what goes out, together.
inline std::uint64_t dropped_going_out(const Ledger& ledger) noexcept
{
    return ledger.dropped_unroutable + ledger.dropped_full + ledger.dropped_oldest +
           ledger.dropped_conflated + ledger.dropped_peer_lost + ledger.dropped_expired +
           ledger.dropped_unclaimed + ledger.dropped_unsendable + ledger.dropped_closed +
           ledger.dropped_abandoned;
}

/// The terms `dropped_*` of what comes in, together.
inline std::uint64_t dropped_coming_in(const Ledger& ledger) noexcept
{
    return ledger.dropped_incoming + ledger.dropped_malformed + ledger.dropped_unexpected +
           ledger.dropped_unwanted + ledger.dropped_outdated;
}

/// What became of the messages of one peer since it came, or, for one that an endpoint of ours dials, since
/// that endpoint was opened. Each is counted where it happens. Going out: assigned == written + queued +
/// returned + dropped. Coming in, an XPUB's subscriptions are no messages.
struct PeerLedger
{
    std::uint64_t assigned = 0; ///< given to this peer, copies included
    std::uint64_t written = 0;  ///< taken whole by its transport
    std::uint64_t queued = 0;   ///< waiting for it now
    std::uint64_t returned = 0; ///< taken back for the application when it was lost (`on_peer_loss return`)
    std::uint64_t dropped = 0;  ///< for whatever reason; the socket's ledger has the reasons

    std::uint64_t arrived = 0; ///< whole messages decoded
    std::uint64_t pending = 0; ///< of these: waiting for the application now

    std::uint64_t connections = 0; ///< handshakes completed
};

/// The state of a socket's byte budget.
struct BudgetState
{
    std::uint64_t limit = UINT64_MAX; ///< bytes; UINT64_MAX for none
    std::uint64_t used = 0;           ///< bytes
    std::uint64_t waiting = 0;        ///< permits that wait now
    std::uint64_t waited = 0;         ///< permits that ever had to wait
};

} // namespace spaceframe
