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
                const Change change = make_change(topic, cancel);
                tell_peers({&change, 1});
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

/// Throws std::bad_alloc.
SocketCore::Change SocketCore::make_change(std::string_view topic, bool cancel)
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
        topic = {reinterpret_cast<const char*>(memory->data), topic.size()};
    }
    return {std::move(memory), topic, cancel};
}

/// Subscribes and cancels, and sees to it that all peers that are there learn of it. Throws std::bad_alloc,
/// and has done nothing then.
void SocketCore::tell_peers(std::span<const Change> changes)
{
    for (const auto& peer : peers_)
    {
        if (peer && peer->connection != nullptr)
        {
            peer->queue.reserve(changes.size());
        }
    }
    for (std::size_t i = 0; i < changes.size(); ++i)
    {
        try
        {
            if (!changes[i].cancel)
            {
                subscriber_->subscribe(changes[i].topic);
            }
        }
        catch (const std::bad_alloc&)
        {
            while (i > 0)
            {
                --i;
                if (!changes[i].cancel)
                {
                    subscriber_->cancel(changes[i].topic);
                }
            }
            throw;
        }
    }
    for (std::size_t i = 0; i < changes.size(); ++i)
    {
        const Change& change = changes[i];
        if (change.cancel && !cancel_before(change.topic, changes.subspan(i + 1)))
        {
            continue;
        }
        for (const auto& peer : peers_)
        {
            if (peer && peer->connection != nullptr &&
                !(change.cancel && withdraw_changes(*peer, change.topic)))
            {
                tell_peer(*peer, change);
            }
        }
    }
}

/// Cancels, while the subscriptions that `later` asks for count already. True when the last one before those
/// ends: peers are to be told.
bool SocketCore::cancel_before(std::string_view topic, std::span<const Change> later) noexcept
{
    const auto coming = std::ranges::count_if(later,
                                              [topic](const Change& change)
                                              {
                                                  return !change.cancel && change.topic == topic;
                                              });
    const std::size_t held = subscriber_->count(topic) - static_cast<std::size_t>(coming);
    if (held > 0)
    {
        subscriber_->cancel(topic);
    }
    return held == 1;
}

/// There is room in the peer's queue.
void SocketCore::tell_peer(Peer& peer, const Change& change) noexcept
{
    if (change.memory)
    {
        memory::retain(change.memory.get());
    }
    const std::uint32_t flag = change.cancel ? SF_FRAME_CANCEL : SF_FRAME_SUBSCRIBE;
    const sf_frame frame{change.memory.get(), change.memory ? change.memory->data : nullptr,
                         change.topic.size(), flag, 0};
    peer.queue.push_back(&frame, 1);
    mark_dirty(*peer.connection);
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

/// What an XSUB's application sends may subscribe, or cancel; `rest` are the frames that do not. Throws
/// std::bad_alloc.
void SocketCore::sort_changes(std::span<const sf_frame> message, std::vector<Change>& changes,
                              FrameList& rest) const
{
    for (const sf_frame& frame : message)
    {
        if ((&frame == &message.front() || !description_.settings.only_first_subscribe) && frame.size > 0 &&
            frame.data[0] <= 1)
        {
            changes.push_back(make_change(text_of(frame).substr(1), frame.data[0] == 0));
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
            wanted += push_incoming(peer, message, 1);
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
