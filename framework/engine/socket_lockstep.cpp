#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

error_code to_error(pattern::Turn turn) noexcept
{
    switch (turn)
    {
    case pattern::Turn::go:
    case pattern::Turn::wait:
        return {};
    case pattern::Turn::wrong_state:
        return errc::wrong_state;
    case pattern::Turn::request_lost:
        return errc::request_lost;
    case pattern::Turn::request_timed_out:
        return errc::request_timed_out;
    }
    return {};
}

} // namespace

std::size_t SocketCore::receive_in_turn(Message& message, Timeout timeout, error_code& error)
{
    const auto settled = [this]
    {
        const std::lock_guard guard(mutex_);
        return closing_ || arrived_ > 0 || conversation_->settled();
    };
    Patience patience(timeout);
    while (!take_in_turn(message, error))
    {
        if (error)
        {
            return 0;
        }
        Clock::time_point end;
        {
            const std::lock_guard guard(mutex_);
            end = conversation_->deadline();
        }
        if (patience.none() || end >= patience.deadline())
        {
            error = wait_until(settled, patience);
            if (error == errc::would_block && !patience.may_drive())
            {
                set_alarm(end);
            }
        }
        else
        {
            Patience until_end(end - Clock::now());
            error = wait_until(settled, until_end);
            if (error == errc::timed_out || error == errc::would_block)
            {
                error.clear();
            }
        }
        if (error)
        {
            return 0;
        }
    }
    return 1;
}

/// An asynchronous call waits for a reply at most until `when`.
void SocketCore::set_alarm(Clock::time_point when)
{
    if (when == Clock::time_point::max())
    {
        return;
    }
    std::shared_ptr<Alarm> alarm;
    {
        const std::lock_guard guard(mutex_);
        if (closed_)
        {
            return;
        }
        if (!alarm_)
        {
            const auto ring = [weak = weak_from_this()]
            {
                if (const auto socket = weak.lock())
                {
                    socket->drop_expired();
                    if (socket->go_on_forgetting())
                    {
                        socket->forget_later();
                    }
                    socket->notify();
                }
            };
            alarm_ = std::make_shared<Alarm>(driver_.first_loop(), ring);
        }
        alarm = alarm_;
    }
    alarm->set(when);
}

/// False without an error: nothing has come yet. Throws std::bad_alloc.
bool SocketCore::take_in_turn(Message& message, error_code& error)
{
    std::uint64_t unused_charge = 0;
    bool taken = false;
    {
        const std::lock_guard guard(mutex_);
        const pattern::Turn turn = conversation_->may_receive(Clock::now());
        if (closing_)
        {
            error = errc::terminated;
        }
        else if (turn == pattern::Turn::go && arrived_ > 0)
        {
            move_message(*peers_[readers_.current()], message);
            taken = true;
        }
        else
        {
            error = to_error(turn);
        }
        if (turn == pattern::Turn::request_timed_out)
        {
            withdraw_request(unused_charge);
        }
    }
    post_resumes();
    permits_->release(unused_charge);
    if (error == errc::request_timed_out)
    {
        notify(); // there may be room again
    }
    return taken;
}

void SocketCore::move_message(Peer& peer, Message& message)
{
    message.reserve(peer.incoming.front_message());
    conversation_->received(peer.id, peer.incoming);
    for (std::size_t frames = peer.incoming.front_message(); frames > 0; --frames)
    {
        const sf_frame frame = peer.incoming.pop_front();
        message.push_back(Frame(frame.owner, reinterpret_cast<const std::byte*>(frame.data), frame.size));
    }
    --peer.arrived;
    --arrived_;
    ++counters.delivered;
    readers_.advance();
    update_readiness(peer);
}

/// May a send begin?
error_code SocketCore::check_turn() const
{
    const std::lock_guard guard(mutex_);
    return closing_ ? make_error_code(errc::terminated) : to_error(conversation_->may_send(Clock::now()));
}

std::uint64_t SocketCore::envelope_charge() const
{
    const std::lock_guard guard(mutex_);
    std::uint64_t charge = 0;
    for (std::size_t i = 0; i < conversation_->envelope_size(); ++i)
    {
        const sf_frame frame = conversation_->envelope(i);
        charge += charge_of({&frame, 1});
    }
    return charge;
}

void SocketCore::submit_in_turn(const Group& group, std::size_t& taken, std::uint64_t& unused_charge,
                                error_code& error)
{
    const bool replies = row_.outbound == pattern::Outbound::reply;
    std::span<const sf_frame> frames = group.frames;
    while (taken < group.messages)
    {
        const auto now = Clock::now();
        error = to_error(conversation_->may_send(now));
        if (error)
        {
            return;
        }
        if (!replies && conversation_->settled())
        {
            withdraw_request(unused_charge);
        }
        if (!replies && senders_.active() == 0)
        {
            return;
        }
        FrameList message;
        for (std::size_t i = 0; i < conversation_->envelope_size(); ++i)
        {
            message.push_back(conversation_->envelope(i));
        }
        const std::size_t envelope_bytes = payload(message);
        const auto body = first_messages(frames, 1);
        message.insert(message.end(), body.begin(), body.end());
        const auto charge = group.charges.empty() ? group.charges : group.charges.subspan(taken, 1);
        if (!charge.empty() && charge.front() != charge_of(message))
        {
            // Others have answered this request and received the next one since the send began.
            error = errc::wrong_state;
            return;
        }
        Peer* peer = replies ? find_peer(conversation_->partner()) : peers_[senders_.current()].get();
        if (!replies)
        {
            const bool withdrawn = withdraw_request(unused_charge);
            try
            {
                assign(*peer, message, 1, charge, taken);
            }
            catch (const std::bad_alloc&)
            {
                if (withdrawn)
                {
                    conversation_->lost();
                }
                throw;
            }
            drop_answer();
        }
        else if (peer != nullptr && peer->connection != nullptr && !peer->full())
        {
            assign(*peer, message, 1, charge, taken);
        }
        else
        {
            ++taken;
            ++counters.accepted;
            counters.accepted_bytes += payload(message);
            ++(peer != nullptr && peer->connection != nullptr ? counters.dropped_full
                                                              : counters.dropped_peer_lost);
            if (peer != nullptr)
            {
                ++peer->books.assigned;
                ++peer->books.dropped;
            }
            unused_charge += charge.empty() ? 0 : charge.front();
        }
        counters.accepted_bytes -= envelope_bytes;
        conversation_->sent(peer != nullptr ? peer->id : pattern::PeerId{}, now);
        if (!replies)
        {
            senders_.advance();
            note_full(*peer);
        }
        frames = frames.subspan(body.size());
    }
}

/// Sorts out what came, for which `peer.incoming` has room. Returns how many messages it took.
std::size_t SocketCore::admit(Peer& peer, std::span<const sf_frame> frames) noexcept
{
    std::size_t accepted = 0;
    while (!frames.empty())
    {
        const auto message = first_messages(frames, 1);
        const pattern::Arrival arrival = conversation_->arrived(peer.id, message);
        if (arrival == pattern::Arrival::accepted)
        {
            peer.incoming.push_back(message.data(), message.size());
            ++accepted;
        }
        else
        {
            ++(arrival == pattern::Arrival::malformed ? counters.dropped_malformed
                                                      : counters.dropped_unexpected);
            release_frames(message);
        }
        frames = frames.subspan(message.size());
    }
    return accepted;
}

/// The request under way, or the one that timed out, need not be sent any more. True when it was not.
bool SocketCore::withdraw_request(std::uint64_t& unused_charge)
{
    Peer* peer = find_peer(conversation_->partner());
    std::uint64_t charge = 0;
    if (peer == nullptr && unassigned_messages_ > 0)
    {
        charge = drop_abandoned(unassigned_, std::exchange(unassigned_messages_, 0));
    }
    else if (peer != nullptr && peer->queued > 0)
    {
        // A peer gets no other message after the last request.
        memory::FrameRing last;
        last.reserve(peer->queue.size());
        do
        {
            const sf_frame frame = peer->queue.pop_back();
            last.push_front(&frame, 1);
        }
        while (!peer->queue.empty() && (peer->queue[peer->queue.size() - 1].flags & SF_FRAME_MORE) != 0);
        charge = drop_abandoned(last, 1);
        ++peer->books.dropped;
        --peer->queued;
        peer->charged -= charge;
        note_room(*peer);
    }
    else
    {
        return false;
    }
    conversation_->reassigned({});
    unused_charge += charge;
    return true;
}

/// Drops the first `messages` of `queue`. Returns what was charged for them.
std::uint64_t SocketCore::drop_abandoned(memory::FrameRing& queue, std::size_t messages)
{
    std::uint64_t charge = 0;
    counters.dropped_abandoned += messages;
    for (; messages > 0; --messages)
    {
        for (std::size_t frames = queue.front_message(); frames > 0; --frames)
        {
            const sf_frame frame = queue.pop_front();
            charge += counts_charges_ ? charge_of({&frame, 1}) : 0;
            release_frame(frame);
        }
    }
    return charge;
}

/// The reply that nobody has received goes with its request.
void SocketCore::drop_answer() noexcept
{
    while (arrived_ > 0)
    {
        Peer& peer = *peers_[readers_.current()];
        for (std::size_t frames = peer.incoming.front_message(); frames > 0; --frames)
        {
            release_frame(peer.incoming.pop_front());
        }
        --peer.arrived;
        --arrived_;
        ++counters.dropped_unexpected;
        update_readiness(peer);
    }
}

/// True when the request under way was given to `peer`.
bool SocketCore::has_request(const Peer& peer) const noexcept
{
    return !conversation_->settled() && conversation_->partner() == peer.id;
}

/// nullptr when it is gone for good.
Peer* SocketCore::find_peer(pattern::PeerId id) const noexcept
{
    Peer* peer = id.index < peers_.size() ? peers_[id.index].get() : nullptr;
    return peer != nullptr && peer->id == id ? peer : nullptr;
}

} // namespace spaceframe::engine
