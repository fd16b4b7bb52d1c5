#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <utility>

// SUB and XSUB: what the application subscribed to.
namespace spaceframe::engine
{

void SocketCore::change_subscription(std::string_view topic, bool cancel, error_code& error) noexcept
{
    error.clear();
    DutyList duties;
    {
        const std::lock_guard guard(mutex_);
        try
        {
            if (closing_)
            {
                error = errc::terminated;
            }
            else if (subscriber_)
            {
                tell_peers(topic, cancel);
            }
            else if (!description_.settings.xpub_manual)
            {
                error = errc::not_supported;
            }
            else if (const Peer* peer = find_peer(last_origin_);
                     peer == nullptr || peer->connection == nullptr)
            {
                error = errc::host_unreachable;
            }
            else
            {
                cancel ? publisher_->dismiss(peer->id.index, topic)
                       : publisher_->admit(peer->id.index, topic);
                note_receivers();
            }
        }
        catch (const std::bad_alloc&)
        {
            error = errc::no_memory;
        }
        if (corked_ == 0)
        {
            claim_writes(duties, false);
        }
    }
    perform(duties);
    notify();
}

std::size_t SocketCore::topics() const
{
    const std::lock_guard guard(mutex_);
    return publisher_ ? publisher_->topics() : subscriber_ ? subscriber_->topics() : 0;
}

/// Subscribes, or cancels, and sees to it that all peers that are there learn of it. Throws std::bad_alloc,
/// and has done nothing then.
void SocketCore::tell_peers(std::string_view topic, bool cancel)
{
    memory::SlabRef memory;
    if (!topic.empty())
    {
        memory = memory::SlabRef(memory::allocate(topic.size()));
        if (!memory)
        {
            throw std::bad_alloc();
        }
        topic.copy(reinterpret_cast<char*>(memory->data), topic.size());
    }
    for (const auto& peer : peers_)
    {
        if (peer && peer->connection != nullptr)
        {
            peer->queue.reserve(1);
        }
    }
    if (cancel && !subscriber_->cancel(topic))
    {
        return;
    }
    if (!cancel)
    {
        subscriber_->subscribe(topic);
    }
    const std::uint32_t flag = cancel ? SF_FRAME_CANCEL : SF_FRAME_SUBSCRIBE;
    for (const auto& peer : peers_)
    {
        if (peer && peer->connection != nullptr)
        {
            if (memory)
            {
                memory::retain(memory.get());
            }
            const sf_frame frame{memory.get(), memory ? memory->data : nullptr, topic.size(), flag, 0};
            if (cancel && withdraw_changes(*peer, topic))
            {
                release_frame(frame);
                continue;
            }
            peer->queue.push_back(&frame, 1);
            mark_dirty(*peer->connection);
        }
    }
}

/// A topic is cancelled: of what still waits to be told to the peer, subscriptions to it mean nothing any
/// more. True when a cancellation waits as well, so that another one would say nothing new.
bool SocketCore::withdraw_changes(Peer& peer, std::string_view topic) noexcept
{
    constexpr std::size_t look_back = 256;
    memory::FrameRing& queue = peer.queue;
    if (queue.size() < look_back)
    {
        return false; // an application of the peer's may want to see all of them
    }
    const std::size_t end = queue.size() - look_back;
    for (std::size_t i = queue.size(); i > end; --i)
    {
        const sf_frame& frame = queue[i - 1];
        if (!is_subscription(frame) || text_of(frame) != topic)
        {
            continue;
        }
        if ((frame.flags & SF_FRAME_CANCEL) != 0)
        {
            return true;
        }
        release_frame(queue.erase(i - 1));
    }
    return false;
}

/// A new peer learns of everything before it hears anything else. Throws std::bad_alloc.
void SocketCore::tell_all_subscriptions(Peer& peer)
{
    std::size_t bytes = 0;
    subscriber_->for_each(
        [&](std::string_view topic)
        {
            bytes += topic.size();
        });
    memory::SlabRef memory;
    if (bytes > 0)
    {
        memory = memory::SlabRef(memory::allocate(bytes));
        if (!memory)
        {
            throw std::bad_alloc();
        }
    }
    peer.queue.reserve(subscriber_->topics());
    std::size_t at = 0;
    subscriber_->for_each(
        [&](std::string_view topic)
        {
            sf_frame frame{nullptr, nullptr, topic.size(), SF_FRAME_SUBSCRIBE, 0};
            if (!topic.empty())
            {
                memory::retain(memory.get());
                frame.owner = memory.get();
                frame.data = memory->data + at;
                topic.copy(reinterpret_cast<char*>(memory->data) + at, topic.size());
                at += topic.size();
            }
            peer.queue.push_back(&frame, 1);
        });
}

/// What an XSUB's application sends may subscribe, or cancel. False when no frame of the message does;
/// otherwise `rest` receives the others.
bool SocketCore::take_changes(std::span<const sf_frame> message, FrameList& rest)
{
    const auto changes = [&](const sf_frame& frame)
    {
        return (&frame == &message.front() || !description_.settings.only_first_subscribe) &&
               frame.size > 0 && frame.data[0] <= 1;
    };
    if (std::none_of(message.begin(), message.end(), changes))
    {
        return false;
    }
    for (const sf_frame& frame : message)
    {
        if (changes(frame))
        {
            tell_peers(text_of(frame).substr(1), frame.data[0] == 0);
        }
        else
        {
            rest.push_back(frame);
        }
    }
    if (!rest.empty())
    {
        rest.back().flags = 0;
    }
    return true;
}

/// Sorts out what came for a SUB, for which `peer.incoming` has room. Returns how many messages it took.
std::size_t SocketCore::admit_wanted(Peer& peer, std::span<const sf_frame> frames) noexcept
{
    std::size_t wanted = 0;
    while (!frames.empty())
    {
        const auto message = first_messages(frames, 1);
        frames = frames.subspan(message.size());
        if (subscriber_->wants(text_of(message.front())))
        {
            peer.incoming.push_back(message.data(), message.size());
            ++wanted;
        }
        else
        {
            release_frames(message);
            ++counters.dropped_unwanted;
        }
    }
    return wanted;
}

} // namespace spaceframe::engine
