#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

// A turn in a batch is so many messages of one peer.
constexpr std::size_t messages_per_turn = 32;

/// Empties messages. What they hold goes to `returns`, as far as that is one frame.
void clear_all(std::span<Message> messages, memory::Returns& returns) noexcept
{
    for (Message& message : messages)
    {
        if (message.size() == 1)
        {
            returns.add(message.detach_only_frame());
        }
        message.clear();
    }
}

void append_frame(Message& message, const sf_frame& frame)
{
    message.push_back(Frame(frame.owner, reinterpret_cast<const std::byte*>(frame.data), frame.size));
}

/// Moves the first message of `frames`, behind its envelope if it gets one, into an empty message. False when
/// there is no memory; nothing was done then.
bool pop_message(memory::FrameRing& frames, const Frame* envelope, Message& message) noexcept
{
    std::size_t count = frames.front_message();
    try
    {
        message.reserve(count + 1);
    }
    catch (const std::bad_alloc&)
    {
        return false;
    }
    if (envelope != nullptr)
    {
        message.push_back(*envelope);
    }
    for (; count > 0; --count)
    {
        append_frame(message, frames.pop_front());
    }
    return true;
}

} // namespace

bool SocketCore::receive_at_once(Message& message) noexcept
{
    const std::lock_guard guard(inbox_.mutex);
    const std::size_t waiting = inbox_.messages.load(std::memory_order_relaxed);
    if (waiting < 2 || closing_)
    {
        return false;
    }
    clear_all({&message, 1}, inbox_.returns);
    if (!pop_message(inbox_.frames, nullptr, message))
    {
        return false;
    }
    ++inbox_.delivered;
    inbox_.messages.store(waiting - 1, std::memory_order_relaxed);
    return true;
}

std::size_t SocketCore::receive(std::span<Message> messages, Timeout timeout, error_code& error)
{
    error.clear();
    if (row_.inbound == pattern::Inbound::none)
    {
        error = errc::not_supported;
        return 0;
    }
    if (messages.empty())
    {
        error = errc::invalid_argument;
        return 0;
    }
    if (messages.size() > 1 || conversation_)
    {
        memory::Returns returns;
        clear_all(messages, returns);
    }
    if (conversation_)
    {
        return receive_in_turn(messages.front(), timeout, error);
    }
    const auto arrived = [this]
    {
        const std::lock_guard guard(mutex_);
        return closing_ || arrived_ > 0 || inbox_.messages > 0;
    };
    Patience patience(timeout);
    while (!error)
    {
        if (closing_)
        {
            error = errc::terminated;
        }
        else if (const std::size_t count = take(messages); count > 0)
        {
            return count;
        }
        else
        {
            error = wait_until(arrived, patience);
        }
    }
    messages.front().clear();
    return 0;
}

/// What is there, as far as `messages` reach. Throws std::bad_alloc when there is no memory for the first.
std::size_t SocketCore::take(std::span<Message> messages)
{
    std::size_t count = 0;
    bool lacks_memory = false;
    {
        const std::lock_guard inbox_guard(inbox_.mutex);
        clear_all(messages.first(1), inbox_.returns);
        const std::size_t waiting = inbox_.messages.load(std::memory_order_relaxed);
        while (count < std::min(messages.size(), waiting) &&
               pop_message(inbox_.frames, nullptr, messages[count]))
        {
            ++count;
        }
        inbox_.delivered += count;
        inbox_.messages.store(waiting - count, std::memory_order_relaxed);
        if (count == waiting)
        {
            {
                const std::lock_guard guard(mutex_);
                settle_inbox();
                count += take_from_peers(messages.subspan(count));
                lacks_memory = count == 0 && arrived_ > 0;
                // What a proxy shall have, it takes from the peers; what may be outdated waits there.
                if (messages.size() == 1 && !readable_hook_ && hub_ == nullptr && !conflates_)
                {
                    fill_inbox();
                }
            }
            // A large block goes back to the system, which takes its time.
            if (inbox_.messages.load(std::memory_order_relaxed) == 0)
            {
                inbox_.returns.flush();
            }
        }
        lacks_memory = lacks_memory || (count == 0 && waiting > 0);
    }
    post_resumes();
    if (lacks_memory)
    {
        throw std::bad_alloc();
    }
    return count;
}

std::size_t SocketCore::take_from_peers(std::span<Message> messages)
{
    const bool enveloped = row_.envelope == pattern::Envelope::identity;
    std::size_t count = 0;
    bool memory = true;
    while (count < messages.size() && arrived_ > 0 && memory)
    {
        Peer& peer = reader();
        const std::size_t turn = readers_.active() == 1 ? messages.size() : messages_per_turn;
        const std::size_t wanted = std::min({turn, messages.size() - count, peer.arrived});
        std::size_t taken = 0;
        while (taken < wanted && memory)
        {
            memory = pop_message(peer.incoming, enveloped ? &peer.identity_frame : nullptr, messages[count]);
            count += memory ? 1 : 0;
            taken += memory ? 1 : 0;
        }
        arrived_ -= taken;
        peer.arrived -= taken;
        counters.delivered += taken;
        readers_.advance();
        update_readiness(peer);
        if (hub_ != nullptr)
        {
            note_received(taken);
        }
    }
    return count;
}

/// Whose turn it is. Where there is one peer at a time, those that went are read to their ends, in order,
/// before it.
Peer& SocketCore::reader() noexcept
{
    Peer* chosen = peers_[readers_.current()].get();
    if (row_.outbound == pattern::Outbound::exclusive && readers_.active() > 1)
    {
        for (const auto& peer : peers_)
        {
            if (peer && peer->arrived > 0 && peer->id.epoch < chosen->id.epoch)
            {
                chosen = peer.get();
            }
        }
    }
    return *chosen;
}

/// For those who receive one after another.
void SocketCore::fill_inbox() noexcept
{
    try
    {
        std::size_t filled = 0;
        while (arrived_ > 0 && filled < Inbox::capacity)
        {
            Peer& peer = reader();
            const std::size_t turn = readers_.active() == 1 ? Inbox::capacity - filled : 1;
            const std::size_t messages = std::min(turn, peer.arrived);
            lend(peer, messages);
            filled += messages;
            readers_.advance();
            update_readiness(peer);
        }
    }
    catch (const std::bad_alloc&)
    {
        // What does not fit stays with its peer.
        return;
    }
}

/// What was in the inbox has been received.
void SocketCore::settle_inbox() noexcept
{
    counters.delivered += std::exchange(inbox_.delivered, 0);
    for (const Inbox::Loan& loan : inbox_.loans)
    {
        if (loan.messages == 0)
        {
            continue;
        }
        Peer& peer = *peers_[loan.peer];
        peer.lent -= loan.messages;
        update_readiness(peer);
    }
    inbox_.loans.clear();
    inbox_.frames.shrink_if_idle();
}

/// Moves the next messages of `peer` into the inbox.
void SocketCore::lend(Peer& peer, std::size_t messages)
{
    inbox_.loans.push_back({peer.id.index, 0});
    const auto account = [&](std::size_t moved)
    {
        inbox_.loans.back().messages += moved;
        inbox_.messages += moved;
        peer.lent += moved;
        peer.arrived -= moved;
        arrived_ -= moved;
    };
    if (row_.envelope != pattern::Envelope::identity && peer.arrived == peer.incoming.size())
    {
        inbox_.frames.reserve(messages);
        peer.incoming.move_front(messages, inbox_.frames);
        account(messages);
        return;
    }
    for (; messages > 0; --messages)
    {
        lend_message(peer);
        account(1);
    }
}

/// With the envelope that the pattern puts around it.
void SocketCore::lend_message(Peer& peer)
{
    const std::size_t frames = peer.incoming.front_message();
    inbox_.frames.reserve(frames + 1);
    if (row_.envelope == pattern::Envelope::identity)
    {
        Frame identity = peer.identity_frame;
        const auto* data = reinterpret_cast<const std::uint8_t*>(identity.data());
        const std::size_t size = identity.size();
        const sf_frame frame{identity.detach(), data, size, SF_FRAME_MORE, 0};
        inbox_.frames.push_back(&frame, 1);
    }
    peer.incoming.move_front(frames, inbox_.frames);
}

std::size_t SocketCore::take_frames(FrameList& frames)
{
    std::size_t messages = 0;
    {
        const std::lock_guard guard(mutex_);
        messages = move_frames(frames);
    }
    post_resumes();
    return messages;
}

std::size_t SocketCore::move_frames(FrameList& frames)
{
    frames.clear();
    std::size_t messages = 0;
    while (arrived_ > 0 && frames.size() < Source::frames_at_once)
    {
        Peer& peer = reader();
        if (row_.envelope == pattern::Envelope::identity)
        {
            Frame identity = peer.identity_frame;
            const auto* data = reinterpret_cast<const std::uint8_t*>(identity.data());
            const std::size_t size = identity.size();
            frames.push_back({identity.detach(), data, size, SF_FRAME_MORE, 0});
        }
        do
        {
            frames.push_back(peer.incoming.pop_front());
        }
        while ((frames.back().flags & SF_FRAME_MORE) != 0);
        ++messages;
        --peer.arrived;
        --arrived_;
        ++counters.delivered;
        readers_.advance();
        update_readiness(peer);
        if (hub_ != nullptr)
        {
            note_received(1);
        }
    }
    return messages;
}

/// Connections whose peers have room again read on. Without the lock: to tell a loop is a system call.
void SocketCore::post_resumes() noexcept
{
    while (has_resumes_.load(std::memory_order_relaxed))
    {
        std::shared_ptr<Connection> connection;
        {
            const std::lock_guard guard(mutex_);
            if (resumes_.empty())
            {
                has_resumes_.store(false, std::memory_order_relaxed);
                return;
            }
            connection = std::move(resumes_.back());
            resumes_.pop_back();
        }
        try
        {
            connection->post_resume();
        }
        catch (const std::bad_alloc&)
        {
            // Whoever takes messages next tries again.
            const std::lock_guard guard(mutex_);
            resumes_.push_back(std::move(connection));
            has_resumes_.store(true, std::memory_order_relaxed);
            return;
        }
    }
}

/// Whole messages go into what came from `peer`, which has room for them. Returns how many more there are.
std::size_t SocketCore::push_incoming(Peer& peer, std::span<const sf_frame> frames,
                                      std::size_t messages) noexcept
{
    if (!peer.newest_incoming)
    {
        peer.incoming.push_back(frames.data(), frames.size());
        return messages;
    }
    std::size_t more = 0;
    for (; messages > 0; --messages)
    {
        const auto message = first_messages(frames, 1);
        frames = frames.subspan(message.size());
        const bool outdates = peer.newest_incoming->put(peer.incoming, message).has_value();
        ++(outdates ? counters.dropped_outdated : more);
    }
    return more;
}

/// After messages were taken from `peer`.
void SocketCore::update_readiness(Peer& peer)
{
    if (peer.arrived == 0)
    {
        readers_.deactivate(peer.id.index);
        peer.incoming.shrink_if_idle();
    }
    if (peer.recv_hwm_bytes != 0)
    {
        peer.pinned.keep(peer.waiting());
    }
    if (peer.paused && peer.wants_more())
    {
        peer.paused = false;
        if (peer.connection != nullptr && !closed_)
        {
            resumes_.push_back(peer.connection->shared_from_this()); // make_peer() made room
            has_resumes_.store(true, std::memory_order_relaxed);
        }
    }
    if (peer.gone)
    {
        leftovers_.update(peer.left, {peer.waiting(), peer.held_bytes()});
    }
    if (peer.gone && !peer.forgetting && peer.unreceived() == 0)
    {
        retire(peer);
    }
}

} // namespace spaceframe::engine
