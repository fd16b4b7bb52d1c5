#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace spaceframe::engine
{
namespace
{

Failure taken_over()
{
    return make_failure(SF_REFUSED, errc::refused, "a new peer took over the identity");
}

} // namespace

Peer& SocketCore::make_peer(const manifest::Settings& settings)
{
    if (free_indices_.empty())
    {
        peers_.push_back(nullptr);
        free_indices_.reserve(peers_.size());
        if (dirty_.capacity() < peers_.size())
        {
            dirty_.reserve(2 * peers_.size());
            resumes_.reserve(2 * peers_.size());
        }
        free_indices_.push_back(static_cast<std::uint32_t>(peers_.size() - 1));
    }
    auto peer = std::make_unique<Peer>();
    const std::uint32_t index = free_indices_.back();
    peer->id = {index, ++next_epoch_};
    peer->recalls = recalls_;
    peer->patient = when_full_ == pattern::WhenFull::wait && decider_ == nullptr;
    peer->send_hwm = settings.send_hwm;
    peer->send_hwm_bytes = settings.send_hwm_bytes;
    peer->recv_hwm = settings.recv_hwm;
    peer->recv_hwm_bytes = settings.recv_hwm_bytes;
    peer->max_subscriptions = settings.max_subscriptions;
    if (conflates_)
    {
        const bool by_topic = description_.settings.conflate == manifest::Conflate::topic;
        peer->send_hwm = peer->send_hwm_bytes = 0;
        peer->newest.emplace(by_topic);
        // What comes to an XPUB stands in one order with its subscriptions.
        if (!publisher_)
        {
            peer->recv_hwm = peer->recv_hwm_bytes = 0;
            peer->newest_incoming.emplace(by_topic);
        }
    }
    if (pattern::takes_turns(row_))
    {
        senders_.add(index);
    }
    readers_.add(index);
    free_indices_.pop_back();
    peers_[index] = std::move(peer);
    return *peers_[index];
}

void SocketCore::retire(Peer& peer)
{
    const std::uint32_t index = peer.id.index;
    if (senders_.contains(index))
    {
        senders_.remove(index);
    }
    readers_.remove(index);
    peers_[index].reset();
    free_indices_.push_back(index);
}

std::optional<pattern::PeerId> SocketCore::add_durable_peer(const manifest::Settings& settings,
                                                            std::string_view endpoint)
{
    std::optional<pattern::PeerId> made;
    std::string name(endpoint);
    {
        const std::lock_guard guard(mutex_);
        const bool named = row_.outbound == pattern::Outbound::route &&
                           !settings.connect_routing_id.empty() &&
                           !routes_.find(settings.connect_routing_id) &&
                           !is_reserved(settings.connect_routing_id, std::nullopt);
        if ((!pattern::takes_turns(row_) && !named) || settings.immediate || !is_place_free(std::nullopt))
        {
            return made;
        }
        Peer& peer = make_peer(settings);
        peer.durable = true;
        peer.endpoint = std::move(name);
        if (named)
        {
            peer.identity_frame = Frame(std::string_view(settings.connect_routing_id));
            peer.identity = settings.connect_routing_id;
            routes_.add(peer.identity, peer.id);
        }
        else
        {
            senders_.activate(peer.id.index);
        }
        ++capacity_epoch_;
        dispatch_unassigned();
        if (writable_hook_)
        {
            writable_hook_();
        }
        made = peer.id;
    }
    notify();
    return made;
}

bool SocketCore::identity_is_free(std::string_view identity, std::optional<pattern::PeerId> durable)
{
    std::shared_ptr<Connection> replaced;
    bool free = true;
    {
        const std::lock_guard guard(mutex_);
        free = row_.outbound != pattern::Outbound::route || identity.empty() ||
               free_identity(identity, durable, replaced);
    }
    if (replaced)
    {
        replaced->post_close(taken_over());
    }
    return free;
}

/// True when nobody bears the identity, or when its bearer, `replaced`, has to give it up.
bool SocketCore::free_identity(std::string_view identity, std::optional<pattern::PeerId> durable,
                               std::shared_ptr<Connection>& replaced)
{
    const auto bearer = routes_.find(identity);
    if (!bearer)
    {
        return description_.settings.router_handover || !is_reserved(identity, durable);
    }
    if (bearer == durable)
    {
        return true;
    }
    if (!description_.settings.router_handover)
    {
        return false;
    }
    Peer& peer = *peers_[bearer->index];
    routes_.remove(identity, *bearer);
    if (peer.connection != nullptr)
    {
        replaced = peer.connection->shared_from_this();
    }
    return true;
}

/// True when an endpoint that dials gave the identity to its peer, which is lost.
bool SocketCore::is_reserved(std::string_view identity, std::optional<pattern::PeerId> durable) const noexcept
{
    return std::any_of(peers_.begin(), peers_.end(),
                       [&](const auto& peer)
                       {
                           return peer && peer->durable && peer->identity == identity && peer->id != durable;
                       });
}

bool SocketCore::has_place(std::optional<pattern::PeerId> durable) const
{
    const std::lock_guard guard(mutex_);
    return is_place_free(durable);
}

bool SocketCore::is_place_free(std::optional<pattern::PeerId> durable) const noexcept
{
    return row_.outbound != pattern::Outbound::exclusive ||
           std::none_of(peers_.begin(), peers_.end(),
                        [&](const auto& peer)
                        {
                            return peer &&
                                   (peer->durable || (peer->connection != nullptr && !peer->hung_up)) &&
                                   peer->id != durable;
                        });
}

bool SocketCore::attach(Connection& connection, std::optional<pattern::PeerId> durable, std::string& identity,
                        const manifest::Settings& settings)
{
    DutyList duties;
    std::shared_ptr<Connection> replaced;
    std::uint64_t unused = 0;
    {
        const std::lock_guard guard(mutex_);
        if ((row_.outbound == pattern::Outbound::route && !free_identity(identity, durable, replaced)) ||
            !is_place_free(durable))
        {
            return false;
        }
        Peer& peer = durable ? *peers_[durable->index] : make_peer(settings);
        if (pattern::takes_turns(row_) && !senders_.contains(peer.id.index))
        {
            senders_.add(peer.id.index);
        }
        peer.lost_until = Clock::time_point::max();
        const bool routed = row_.outbound == pattern::Outbound::route;
        if (routed && identity.empty())
        {
            do
            {
                ++next_identity_;
                identity = {'\0', static_cast<char>(next_identity_ >> 24),
                            static_cast<char>(next_identity_ >> 16), static_cast<char>(next_identity_ >> 8),
                            static_cast<char>(next_identity_)};
            }
            while (routes_.find(identity));
        }
        peer.identity_frame = Frame(std::string_view(identity));
        peer.identity = identity;
        if (routed)
        {
            routes_.add(peer.identity, peer.id);
        }
        peer.connection = &connection;
        connection.set_peer(&peer);
        connection.set_room(peer.room());
        if (senders_.contains(peer.id.index) && !peer.full())
        {
            senders_.activate(peer.id.index);
        }
        ++ready_peers_;
        ++counters.connections;
        ++peer.books.connections;
        ++capacity_epoch_;
        if (subscriber_)
        {
            tell_all_subscriptions(peer);
        }
        welcome(peer);
        if (settings.probe_router)
        {
            const sf_frame probe{};
            const std::uint64_t charge = charge_of({&probe, 1});
            ++counters.accepted;
            ++peer.books.assigned;
            if (!permits_->unlimited() && permits_->try_acquire(charge) != SF_OK)
            {
                ++counters.dropped_full;
                ++peer.books.dropped;
            }
            else if (connection.append({&probe, 1}, {&charge, counts_charges_ ? 1U : 0U}).messages == 1)
            {
                ++peer.in_window;
                peer.charged += counts_charges_ ? charge : 0;
                peer.window_charge += counts_charges_ && recalls_ ? charge : 0;
            }
            else
            {
                ++counters.dropped_unsendable;
                ++peer.books.dropped;
                unused += counts_charges_ ? charge : 0;
            }
        }
        dispatch_unassigned();
        if (peer.pending() > 0 || !peer.queue.empty())
        {
            mark_dirty(connection);
        }
        postpone_writes(duties);
        if (writable_hook_)
        {
            writable_hook_();
        }
    }
    permits_->release(unused);
    perform(duties);
    if (replaced)
    {
        replaced->post_close(taken_over());
    }
    notify();
    return true;
}

bool SocketCore::deliver(Connection& connection, std::span<const sf_frame> frames, std::size_t messages)
{
    if (publisher_)
    {
        return deliver_upstream(connection, frames, messages);
    }
    bool first = false;
    {
        FrameHolder unused(frames);
        const std::lock_guard guard(mutex_);
        if (connection.peer() == nullptr)
        {
            return false;
        }
        Peer& peer = *connection.peer();
        if (closed_)
        {
            counters.arrived += messages;
            counters.dropped_incoming += messages;
            return true;
        }
        if (row_.inbound == pattern::Inbound::none)
        {
            counters.arrived += messages;
            counters.dropped_unwanted += messages;
            peer.books.arrived += messages;
            return true;
        }
        peer.incoming.reserve(frames.size());
        if (peer.recv_hwm_bytes != 0)
        {
            peer.pinned.reserve(frames);
        }
        unused.keep({});
        const std::size_t before = peer.incoming.size();
        counters.arrived += messages;
        peer.books.arrived += messages;
        connection.note_arrival();
        if (conversation_ || row_.inbound == pattern::Inbound::filtered)
        {
            messages = conversation_ ? admit(peer, frames) : admit_wanted(peer, frames);
            if (messages == 0)
            {
                peer.incoming.shrink_if_idle();
                return true;
            }
        }
        else
        {
            messages = push_incoming(peer, frames, messages);
        }
        for (std::size_t i = before; peer.recv_hwm_bytes != 0 && i < peer.incoming.size(); ++i)
        {
            peer.pinned.add(peer.incoming[i]);
        }
        peer.arrived += messages;
        connection.set_room(peer.room());
        first = arrived_ == 0;
        arrived_ += messages;
        readers_.activate(peer.id.index);
        if (first && readable_hook_)
        {
            readable_hook_();
        }
    }
    notify();
    return true;
}

std::vector<PeerInfo> SocketCore::peers() const
{
    std::vector<PeerInfo> all;
    const std::scoped_lock guard(inbox_.mutex, mutex_);
    all.reserve(peers_.size());
    std::vector<std::size_t> received(peers_.size()); // out of the inbox, and still counted as lent
    std::size_t delivered = inbox_.delivered;
    for (const Inbox::Loan& loan : inbox_.loans)
    {
        const std::size_t of_loan = std::min(delivered, loan.messages);
        received[loan.peer] += of_loan;
        delivered -= of_loan;
    }
    for (const auto& peer : peers_)
    {
        if (!peer || peer.get() == hub_ || (peer->connection == nullptr && !peer->durable))
        {
            continue;
        }
        PeerInfo& info = all.emplace_back();
        info.id = peer->id;
        info.identity = peer->identity;
        info.connected = peer->connection != nullptr;
        info.ledger = peer->ledger();
        info.ledger.pending -= received[peer->id.index];
        info.endpoint = info.connected ? peer->connection->endpoint() : peer->endpoint;
        info.address = info.connected ? peer->connection->peer_address() : std::string();
    }
    return all;
}

bool SocketCore::disconnect(PeerId id)
{
    std::shared_ptr<Connection> connection;
    {
        const std::lock_guard guard(mutex_);
        const Peer* const peer = find_peer(id);
        if (peer == nullptr || peer->connection == nullptr)
        {
            return false;
        }
        connection = peer->connection->shared_from_this();
    }
    connection->post_close(make_failure(SF_CLOSED, errc::disconnected, "the host disconnected the peer"));
    return true;
}

bool SocketCore::pause_reading(Connection& connection) noexcept
{
    // What an XPUB's application has not received of subscriptions must not keep further ones from taking
    // effect.
    Peer* peer = connection.peer();
    if (peer == nullptr)
    {
        return false;
    }
    const std::size_t room = peer->room();
    connection.set_room(room);
    peer->paused = peer->paused || room == 0;
    return peer->paused;
}

void SocketCore::note_hang_up(const Connection& connection) noexcept
{
    const std::lock_guard guard(mutex_);
    Peer* const peer = connection.peer();
    if (peer == nullptr || !peer->paused || std::exchange(peer->hung_up, true))
    {
        return;
    }
    ++hung_up_;
    if (!peer->durable)
    {
        // It is there to be read from, and for nothing else.
        routes_.remove(peer->identity, peer->id);
        if (senders_.contains(peer->id.index))
        {
            senders_.remove(peer->id.index);
        }
    }
}

bool SocketCore::is_in_doubt(std::string_view identity) const noexcept
{
    const std::lock_guard guard(mutex_);
    if (const auto bearer = routes_.find(identity))
    {
        return peers_[bearer->index]->paused;
    }
    return row_.outbound == pattern::Outbound::exclusive && std::any_of(peers_.begin(), peers_.end(),
                                                                        [](const auto& peer)
                                                                        {
                                                                            return peer && peer->paused;
                                                                        });
}

bool SocketCore::takes_more_peers() const noexcept
{
    const std::lock_guard guard(mutex_);
    // To a publisher whose application receives nothing peers may still subscribe.
    return publisher_ || (hung_up_ < Leftovers::peers && !leftovers_.full());
}

} // namespace spaceframe::engine
