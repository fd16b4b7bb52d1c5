#include "engine/connection.hpp"
#include "engine/frames.hpp"
#include "engine/socket_core.hpp"
#include "pattern/news.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <new>
#include <span>
#include <vector>

// PUB and XPUB: what subscribers send, and what the application of an XPUB is told of it.
namespace spaceframe::engine
{
namespace
{

constexpr std::uint8_t cancels = 0;
constexpr std::uint8_t subscribes = 1;

// Topics of a lost peer, and their bytes, that are forgotten under one lock: less than a millisecond; and how
// long others have the lock for themselves before the next.
constexpr std::size_t slice = 256;
constexpr std::size_t slice_bytes = std::size_t{64} * 1024;
constexpr std::chrono::microseconds pause_between_slices{200};

bool says_subscription(const sf_frame& frame) noexcept
{
    return frame.size > 0 && frame.data[0] <= subscribes;
}

/// Behind the last frame of the message that begins with frame `begin`.
std::size_t end_of_message(const memory::FrameRing& queue, std::size_t begin) noexcept
{
    while ((queue[begin].flags & SF_FRAME_MORE) != 0)
    {
        ++begin;
    }
    return begin + 1;
}

} // namespace

/// deliver() for what subscribers send.
bool SocketCore::deliver_upstream(Connection& connection, std::span<const sf_frame> frames,
                                  std::size_t messages)
{
    std::uint64_t exceeded = 0;
    {
        const std::lock_guard guard(mutex_);
        if (connection.peer() == nullptr)
        {
            release_frames(frames);
            return false;
        }
        connection.note_arrival();
        if (closed_)
        {
            counters.arrived += messages;
            counters.dropped_incoming += messages;
            release_frames(frames);
            return true;
        }
        Peer& peer = *connection.peer();
        exceeded = take_upstream(peer, frames) ? 0 : peer.max_subscriptions;
        connection.set_room(peer.room());
    }
    if (exceeded > 0)
    {
        connection.close(make_failure(
            SF_TOO_LARGE, errc::too_large,
            fmt::format("the peer subscribes to more topics than max_subscriptions allows, {}", exceeded)));
    }
    notify();
    return true;
}

/// Messages from subscribers, whose references move in: subscriptions, and data for an XPUB. False when the
/// peer wants more than it may have: what it says from there on is lost with it. Throws std::bad_alloc.
bool SocketCore::take_upstream(Peer& peer, std::span<const sf_frame> frames)
{
    const FrameHolder holder(frames);
    while (!frames.empty())
    {
        const auto message = first_messages(frames, 1);
        frames = frames.subspan(message.size());
        FrameList data;
        for (const sf_frame& frame : message)
        {
            const bool may_subscribe =
                &frame == &message.front() || !description_.settings.only_first_subscribe;
            bool taken = true;
            if (is_subscription(frame))
            {
                taken = take_subscription(peer, text_of(frame), (frame.flags & SF_FRAME_CANCEL) != 0);
            }
            else if (may_subscribe && says_subscription(frame))
            {
                taken = take_subscription(peer, text_of(frame).substr(1), frame.data[0] == cancels);
            }
            else
            {
                data.push_back(frame);
            }
            if (!taken)
            {
                return false;
            }
        }
        if (data.empty())
        {
            continue;
        }
        data.back().flags = 0;
        ++counters.arrived;
        ++peer.books.arrived;
        if (hub_ != nullptr)
        {
            tell(data, {peer.id.index, false, false});
        }
        else
        {
            ++counters.dropped_unwanted;
        }
    }
    return true;
}

/// False when the peer has as many topics as it may have.
bool SocketCore::take_subscription(Peer& peer, std::string_view topic, bool cancel)
{
    const pattern::Publisher::News news =
        cancel ? publisher_->cancelled(peer.id.index, topic) : publisher_->subscribed(peer.id.index, topic);
    if (!cancel && peer.max_subscriptions != 0 &&
        publisher_->topics_of(peer.id.index) > peer.max_subscriptions)
    {
        publisher_->cancelled(peer.id.index, topic);
        return false;
    }
    note_receivers();
    if (hub_ != nullptr && news.told)
    {
        ++counters.arrived;
        tell_change(peer, topic, cancel, news.turns);
        settle_news();
    }
    return true;
}

/// The application of an XPUB is to receive this; it is counted as arrived.
void SocketCore::tell(std::span<const sf_frame> message, const Origin& origin)
{
    Peer& peer = *peers_[origin.peer];
    const bool charged = !origin.told && peer.recv_hwm_bytes != 0;
    try
    {
        hub_->incoming.reserve(message.size());
        if (charged)
        {
            peer.pinned.reserve(message);
        }
        origins_.push_back(origin);
    }
    catch (const std::bad_alloc&)
    {
        ++counters.dropped_incoming;
        throw;
    }
    for (const sf_frame& frame : message)
    {
        if (frame.owner != nullptr)
        {
            memory::retain(frame.owner);
        }
        if (charged)
        {
            peer.pinned.add(frame);
        }
    }
    hub_->incoming.push_back(message.data(), message.size());
    ++hub_->arrived;
    ++peer.lent;
    peer.told += origin.told ? 1U : 0U;
    ++arrived_;
    readers_.activate(hub_->id.index);
    if (arrived_ == 1 && readable_hook_)
    {
        readable_hook_();
    }
}

void SocketCore::tell_change(const Peer& peer, std::string_view topic, bool cancel, bool turns)
{
    const memory::SlabRef memory(memory::allocate(topic.size() + 1));
    if (!memory)
    {
        ++counters.dropped_incoming;
        throw std::bad_alloc();
    }
    memory->data[0] = cancel ? cancels : subscribes;
    topic.copy(reinterpret_cast<char*>(memory->data) + 1, topic.size());
    const sf_frame frame{memory.get(), memory->data, topic.size() + 1, 0, 0};
    tell({&frame, 1}, {peer.id.index, true, turns});
}

/// Nobody receives: news that say nothing any more go. What is left may double before they are sought again,
/// so that each of the news is looked at a few times at most.
void SocketCore::settle_news() noexcept
{
    if (hub_->recv_hwm == 0 || hub_->arrived < hub_->recv_hwm || hub_->arrived < settle_from_)
    {
        return;
    }
    try
    {
        std::vector<pattern::News> news;
        news.reserve(origins_.size());
        std::size_t frame = 0;
        for (std::size_t place = 0; place < origins_.size(); ++place)
        {
            const sf_frame& first = hub_->incoming[frame];
            if (const Origin& from = origins_[place]; from.told)
            {
                news.push_back(
                    {place, text_of(first).substr(1), from.peer, first.data[0] == cancels, from.turns});
            }
            frame = end_of_message(hub_->incoming, frame);
        }
        withdraw(pattern::find_needless(news, publisher_->tells_of_each_peer()));
    }
    catch (const std::bad_alloc&)
    {
        // All of them wait, until twice as many do.
    }
    settle_from_ = 2 * hub_->arrived;
}

/// Takes messages away that were not received; `places` are in ascending order.
void SocketCore::withdraw(std::span<const std::size_t> places) noexcept
{
    if (places.empty())
    {
        return;
    }
    memory::FrameRing& queue = hub_->incoming;
    std::size_t kept = 0;
    for (std::size_t place = 0; place < origins_.size(); ++place)
    {
        const Origin from = origins_[place];
        const bool goes = !places.empty() && places.front() == place;
        for (bool more = true; more;)
        {
            const sf_frame frame = queue.pop_front();
            more = (frame.flags & SF_FRAME_MORE) != 0;
            if (goes)
            {
                release_frame(frame);
            }
            else
            {
                queue.push_back(&frame, 1);
            }
        }
        if (!goes)
        {
            origins_[kept++] = from;
            continue;
        }
        places = places.subspan(1);
        --hub_->arrived;
        --arrived_;
        --counters.arrived;
        Peer& peer = *peers_[from.peer];
        --peer.lent;
        --peer.told;
        update_readiness(peer);
    }
    origins_.erase(origins_.begin() + static_cast<std::ptrdiff_t>(kept), origins_.end());
    update_readiness(*hub_);
}

/// The peer is gone, and its subscriptions with it: at once where they are few, else a slice now and then, so
/// that nobody has to wait for the lock. True when something is left for forget_later().
bool SocketCore::begin_forgetting(Peer& peer) noexcept
{
    if (closed_)
    {
        peer.forgetting = true; // nobody asks for topics any more; they end with the socket
        return false;
    }
    bool more = forget_some(peer);
    if (more)
    {
        try
        {
            forgetting_.push_back(peer.id.index);
            peer.forgetting = true;
        }
        catch (const std::bad_alloc&)
        {
            while (more)
            {
                more = forget_some(peer);
            }
        }
    }
    return more;
}

/// True when the peer has more topics.
bool SocketCore::forget_some(Peer& peer) noexcept
{
    if (hub_ != nullptr)
    {
        try
        {
            std::string topic;
            bool told = false;
            std::size_t bytes = 0;
            for (std::size_t i = 0; i < slice && bytes < slice_bytes; ++i)
            {
                if (!publisher_->lose_one(peer.id.index, topic, told))
                {
                    break;
                }
                bytes += topic.size();
                if (told)
                {
                    ++counters.arrived;
                    tell_change(peer, topic, true, true);
                    settle_news();
                }
            }
            if (publisher_->topics_of(peer.id.index) > 0)
            {
                return true;
            }
        }
        catch (const std::bad_alloc&)
        {
            // What cannot be told is counted as dropped; the application does not learn of this slice.
        }
    }
    return publisher_->forget_some(peer.id.index, slice);
}

/// The next slice of what lost peers had subscribed to. True when something is left.
bool SocketCore::go_on_forgetting() noexcept
{
    const std::lock_guard guard(mutex_);
    if (closed_ || forgetting_.empty())
    {
        return false;
    }
    const std::uint32_t index = forgetting_.front();
    Peer& peer = *peers_[index];
    if (!forget_some(peer))
    {
        forgetting_.pop_front();
        peer.forgetting = false;
        update_readiness(peer);
    }
    else if (forgetting_.size() > 1)
    {
        std::rotate(forgetting_.begin(), forgetting_.begin() + 1, forgetting_.end());
    }
    return !forgetting_.empty();
}

void SocketCore::forget_later() noexcept
{
    try
    {
        set_alarm(Clock::now() + pause_between_slices);
    }
    catch (const std::bad_alloc&)
    {
        while (go_on_forgetting())
        {}
    }
}

/// The application has taken so many messages from the hub.
void SocketCore::note_received(std::size_t messages) noexcept
{
    for (; messages > 0; --messages)
    {
        const Origin origin = origins_.front();
        Peer& peer = *peers_[origin.peer];
        origins_.pop_front();
        last_origin_ = peer.id;
        peer.told -= origin.told ? 1U : 0U;
        --peer.lent;
        update_readiness(peer);
    }
    settle_from_ = std::min(settle_from_, 2 * hub_->arrived);
}

} // namespace spaceframe::engine
