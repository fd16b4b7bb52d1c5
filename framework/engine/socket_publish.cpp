#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

// PUB and XPUB, and what XSUB sends upstream: a message goes to several peers.
namespace spaceframe::engine
{
namespace
{

// A body that each peer would have to copy is worth memory of its own, which they share.
constexpr std::size_t share_from = 8 * 1024;

} // namespace

void SocketCore::submit_copies(const Group& group, std::size_t& taken, error_code& error)
{
    std::span<const sf_frame> frames = group.frames;
    bool pressed = group.pressed;
    while (taken < group.messages)
    {
        const auto message = first_messages(frames, 1);
        frames = frames.subspan(message.size());
        FrameList rest;
        std::vector<Change> changes;
        if (subscriber_)
        {
            sort_changes(message, changes, rest);
        }
        if (!changes.empty() && !change_by_message(changes, rest, error))
        {
            return;
        }
        const std::span<const sf_frame> data = changes.empty() ? message : std::span<const sf_frame>(rest);
        // What has changed subscriptions already cannot be tried again.
        if (!data.empty() &&
            !distribute(data, std::exchange(pressed, false) || !changes.empty(), group.prepaid, error))
        {
            return;
        }
        ++taken;
    }
}

/// Subscribes and cancels as a message says that has `rest` as well. Whatever could refuse that is seen to
/// before: a message that fails has changed nothing, and is sent again whole. Throws std::bad_alloc.
bool SocketCore::change_by_message(std::span<const Change> changes, std::span<const sf_frame> rest,
                                   error_code& error)
{
    if (!rest.empty() && permits_->too_large(charge_of(rest)))
    {
        error = errc::too_large;
        return false;
    }
    receivers_.reserve(peers_.size());
    tell_peers(changes);
    return true;
}

/// False when the message was not taken: it has to wait, or `error` says why it cannot be sent.
bool SocketCore::distribute(std::span<const sf_frame> message, bool pressed, std::uint64_t& prepaid,
                            error_code& error)
{
    receivers_.clear();
    select_receivers(message.front());
    if (!relieve(message, pressed, error))
    {
        return false;
    }
    const std::uint64_t charge = counts_charges_ ? charge_of(message) : 0;
    const bool refuses = when_full_ == pattern::WhenFull::refuse;
    const bool all_or_none = refuses || when_full_ == pattern::WhenFull::wait;
    if (all_or_none)
    {
        error = acquire_copies(charge, prepaid);
        if (error == errc::would_block)
        {
            wanted_copies_ = refuses ? 0 : wanted_copies_;
            error = refuses ? make_error_code(errc::no_room) : error_code();
            return false;
        }
        if (error)
        {
            return false;
        }
    }
    const auto charges = std::span(&charge, counts_charges_ ? 1U : 0U);
    Encoded encoded;
    std::uint64_t copies = 0;
    for (const std::uint32_t index : receivers_)
    {
        Peer& peer = *peers_[index];
        if (!all_or_none && !permits_->unlimited())
        {
            const sf_status status =
                peer.full() ? sf_status{SF_WOULD_BLOCK} : acquire_copy(peer, message, charge);
            if (status == SF_TOO_LARGE && copies == 0)
            {
                error = errc::too_large;
                return false;
            }
            if (status != SF_OK)
            {
                ++copies;
                ++counters.dropped_full;
                ++peer.books.assigned;
                ++peer.books.dropped;
                continue;
            }
        }
        ++copies;
        copy_to(peer, message, charges, encoded);
    }
    release_frames(encoded.owned);
    ++counters.accepted;
    counters.accepted_bytes += payload(message);
    counters.copies += copies;
    ++(copies == 0 ? counters.unmatched : counters.matched);
    return true;
}

/// Indices of the peers that a message with this first frame goes to, into `receivers_`.
void SocketCore::select_receivers(const sf_frame& first)
{
    const bool inverted = description_.settings.invert_matching;
    if (publisher_)
    {
        publisher_->match(text_of(first), receivers_);
        if (!inverted)
        {
            if (!forgetting_.empty())
            {
                std::erase_if(receivers_,
                              [&](std::uint32_t index)
                              {
                                  return peers_[index]->connection == nullptr;
                              });
            }
            return;
        }
        receivers_.clear();
    }
    for (const auto& peer : peers_)
    {
        if (peer && peer->connection != nullptr && !(publisher_ && publisher_->matched(peer->id.index)))
        {
            receivers_.push_back(peer->id.index);
        }
    }
}

/// Sees to receivers that are full, once all of them let the message go. False when it has to wait for them,
/// or `error` says that it cannot be sent. Throws std::bad_alloc, and has done nothing then.
bool SocketCore::relieve(std::span<const sf_frame> message, bool pressed, error_code& error)
{
    boost::container::small_vector<std::pair<Peer*, pattern::WhenFull>, 16> full;
    bool go_on = true;
    for (const std::uint32_t index : receivers_)
    {
        Peer& peer = *peers_[index];
        if (!peer.full())
        {
            continue;
        }
        const pattern::WhenFull verdict = full.emplace_back(&peer, when_full(peer, message)).second;
        if (has_to_wait(peer, verdict, pressed))
        {
            go_on = false;
        }
        else if (verdict == pattern::WhenFull::refuse)
        {
            error = errc::no_room;
            go_on = false;
        }
    }
    std::uint64_t unused = 0;
    for (std::size_t i = 0; go_on && i < full.size(); ++i)
    {
        make_room(*full[i].first, full[i].second, unused, error);
    }
    permits_->release(unused);
    return go_on;
}

/// Permits for a copy for each receiver, or none; senders wait for so many then, and come with them.
error_code SocketCore::acquire_copies(std::uint64_t charge, std::uint64_t& prepaid)
{
    const std::uint64_t wanted = charge * receivers_.size();
    const std::uint64_t paid = std::exchange(prepaid, 0);
    if (paid >= wanted)
    {
        permits_->release(paid - wanted);
        return {};
    }
    permits_->release(paid);
    const sf_status status = permits_->try_acquire(wanted);
    if (status == SF_WOULD_BLOCK)
    {
        wanted_copies_ = wanted;
        for (const auto& peer : peers_)
        {
            if (peer && peer->pending() > 0)
            {
                mark_dirty(*peer->connection);
            }
        }
    }
    return to_error_code(status, 0);
}

/// A permit for one copy. Where the budget has none, a message that waits for this peer and is outdated by
/// the copy passes its own on.
sf_status SocketCore::acquire_copy(Peer& peer, std::span<const sf_frame> message,
                                   std::uint64_t charge) noexcept
{
    const sf_status status = permits_->try_acquire(charge);
    if (status != SF_WOULD_BLOCK || !peer.newest)
    {
        return status;
    }
    const std::uint64_t passed_on =
        std::min(charge, peer.newest->charge_of_older(peer.queue, message.front()));
    if (passed_on == 0 || (passed_on < charge && permits_->try_acquire(charge - passed_on) != SF_OK))
    {
        return SF_WOULD_BLOCK;
    }
    passed_on_ = passed_on;
    return SF_OK;
}

void SocketCore::give_back(std::uint64_t charge) noexcept
{
    permits_->release(charge);
    if (charge > 0 && pattern::multiplies(row_))
    {
        const std::lock_guard guard(mutex_);
        note_receivers();
    }
}

/// Senders that wait for their receivers look again: there are other permits, or other receivers.
void SocketCore::note_receivers() noexcept
{
    ++capacity_epoch_;
    if (writable_hook_)
    {
        writable_hook_();
    }
}

/// The peer's copy, for which there is a permit; it is dropped where there is no room.
void SocketCore::copy_to(Peer& peer, std::span<const sf_frame> message, std::span<const std::uint64_t> charge,
                         Encoded& encoded) noexcept
{
    ++peer.books.assigned;
    if (peer.full())
    {
        ++counters.dropped_full;
        ++peer.books.dropped;
        permits_->release(charge.empty() ? 0 : charge.front());
        return;
    }
    Connection& connection = *peer.connection;
    mark_dirty(connection);
    try
    {
        if (encoded.owned.empty() && payload(message) >= share_from)
        {
            encoded.owned = own(message);
        }
        bool encodes = peer.queue.empty() && !recalls_;
        if (encodes &&
            (encoded.source == nullptr || !connection.append_copy(*encoded.source, encoded.begin, charge)))
        {
            const Chunk::Mark begin = connection.mark();
            const auto& frames = encoded.owned.empty() ? message : std::span<const sf_frame>(encoded.owned);
            encodes = connection.append(frames, charge).messages == 1;
            if (encodes && encoded.source == nullptr)
            {
                encoded.source = &connection;
                encoded.begin = begin;
            }
        }
        if (!encodes)
        {
            if (encoded.owned.empty())
            {
                encoded.owned = own(message);
            }
            enqueue(peer, encoded.owned, 1);
        }
        peer.in_window += encodes ? 1 : 0;
        peer.charged += charge.empty() ? 0 : charge.front();
    }
    catch (const std::bad_alloc&)
    {
        ++counters.dropped_full;
        ++peer.books.dropped;
        permits_->release((charge.empty() ? 0 : charge.front()) - std::exchange(passed_on_, 0));
    }
}

/// Something for a new peer to begin with.
void SocketCore::welcome(Peer& peer) noexcept
{
    const std::string& text = description_.settings.xpub_welcome_msg;
    if (!publisher_ || text.empty())
    {
        return;
    }
    const sf_frame frame{nullptr, reinterpret_cast<const std::uint8_t*>(text.data()), text.size(), 0, 0};
    const std::uint64_t charge = counts_charges_ ? charge_of({&frame, 1}) : 0;
    ++counters.accepted;
    counters.accepted_bytes += frame.size;
    ++counters.matched;
    ++counters.copies;
    if (!permits_->unlimited() && permits_->try_acquire(charge) != SF_OK)
    {
        ++counters.dropped_full;
        ++peer.books.assigned;
        ++peer.books.dropped;
        return;
    }
    Encoded encoded;
    copy_to(peer, {&frame, 1}, std::span(&charge, counts_charges_ ? 1U : 0U), encoded);
    release_frames(encoded.owned);
}

bool SocketCore::wait_for_subscribers(std::string_view topic, std::size_t count, Timeout timeout,
                                      error_code& error)
{
    const auto settled = [&]
    {
        return has_subscribers(topic, count, error);
    };
    if (const error_code waited = wait_patiently(settled, timeout); waited)
    {
        error = waited;
    }
    return !error;
}

bool SocketCore::has_subscribers(std::string_view topic, std::size_t count, error_code& error)
{
    const std::lock_guard guard(mutex_);
    error.clear();
    if (!publisher_)
    {
        error = errc::not_supported;
        return true;
    }
    receivers_.clear();
    const sf_frame frame{nullptr, reinterpret_cast<const std::uint8_t*>(topic.data()), topic.size(), 0, 0};
    select_receivers(frame);
    const bool enough = receivers_.size() >= count;
    error = !enough && closing_ ? make_error_code(errc::terminated) : error_code();
    return enough || error;
}

} // namespace spaceframe::engine
