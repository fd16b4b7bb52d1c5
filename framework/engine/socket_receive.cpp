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

/// Releases what messages hold, with one atomic operation for each run of frames of one slab.
void release_all(std::span<Message> messages) noexcept
{
    sf_owner* owner = nullptr;
    std::uint64_t references = 0;
    for (Message& message : messages)
    {
        if (message.size() == 1)
        {
            sf_owner* held = message.detach_only_frame();
            if (held != owner)
            {
                if (references > 0)
                {
                    memory::release(owner, references);
                }
                owner = held;
                references = 0;
            }
            references += held == nullptr ? 0 : 1;
        }
        message.clear();
    }
    if (references > 0)
    {
        memory::release(owner, references);
    }
}

void append_frame(Message& message, const sf_frame& frame)
{
    message.push_back(Frame(frame.owner, reinterpret_cast<const std::byte*>(frame.data), frame.size));
}

void pop_message(memory::FrameRing& frames, Message& message)
{
    bool more = true;
    while (more)
    {
        const sf_frame frame = frames.pop_front();
        append_frame(message, frame);
        more = (frame.flags & SF_FRAME_MORE) != 0;
    }
}

} // namespace

std::size_t SocketCore::receive(std::span<Message> messages, Timeout timeout, error_code& error)
{
    error.clear();
    if (row_.inbound == pattern::Inbound::none)
    {
        error = errc::not_supported;
        return 0;
    }
    release_all(messages);
    if (messages.empty())
    {
        error = errc::invalid_argument;
        return 0;
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
    return 0;
}

/// What is there, as far as `messages` reach.
std::size_t SocketCore::take(std::span<Message> messages)
{
    const std::lock_guard inbox_guard(inbox_.mutex);
    const std::size_t waiting = std::min(messages.size(), inbox_.messages.load(std::memory_order_relaxed));
    for (Message& message : messages.first(waiting))
    {
        pop_message(inbox_.frames, message);
    }
    inbox_.delivered += waiting;
    if (inbox_.messages.load(std::memory_order_relaxed) > waiting)
    {
        inbox_.messages.store(inbox_.messages.load(std::memory_order_relaxed) - waiting,
                              std::memory_order_relaxed);
        return waiting;
    }
    const std::lock_guard guard(mutex_);
    inbox_.messages = 0;
    settle_inbox();
    const std::size_t taken = take_from_peers(messages.subspan(waiting));
    if (messages.size() == 1)
    {
        fill_inbox();
    }
    return waiting + taken;
}

std::size_t SocketCore::take_from_peers(std::span<Message> messages)
{
    std::size_t count = 0;
    while (count < messages.size() && arrived_ > 0)
    {
        Peer& peer = *peers_[readers_.current()];
        const std::size_t turn = readers_.active() == 1 ? messages.size() : messages_per_turn;
        std::size_t left = std::min({turn, messages.size() - count, peer.arrived});
        arrived_ -= left;
        peer.arrived -= left;
        counters.delivered += left;
        for (; left > 0; --left)
        {
            Message& message = messages[count++];
            if (row_.envelope == pattern::Envelope::identity)
            {
                message.push_back(peer.identity_frame);
            }
            pop_message(peer.incoming, message);
        }
        readers_.advance();
        update_readiness(peer);
    }
    return count;
}

/// For those who receive one after another.
void SocketCore::fill_inbox() noexcept
{
    try
    {
        std::size_t filled = 0;
        while (arrived_ > 0 && filled < Inbox::capacity)
        {
            Peer& peer = *peers_[readers_.current()];
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
        Peer& peer = *peers_[loan.peer];
        peer.lent -= loan.messages;
        update_readiness(peer);
    }
    inbox_.loans.clear();
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
    const std::lock_guard guard(mutex_);
    frames.clear();
    std::size_t messages = 0;
    while (arrived_ > 0 && frames.size() < Source::frames_at_once)
    {
        Peer& peer = *peers_[readers_.current()];
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
    }
    return messages;
}

/// After messages were taken from `peer`.
void SocketCore::update_readiness(Peer& peer)
{
    if (peer.arrived == 0)
    {
        readers_.deactivate(peer.id.index);
        peer.incoming.shrink_if_idle();
    }
    if (peer.paused && peer.unreceived() <= peer.recv_hwm / 2)
    {
        resume_reading(peer);
    }
    if (peer.gone && peer.unreceived() == 0)
    {
        retire(peer);
    }
}

} // namespace spaceframe::engine
