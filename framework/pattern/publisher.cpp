#include "pattern/publisher.hpp"

namespace spaceframe::pattern
{

Publisher::News Publisher::subscribed(std::uint32_t peer, std::string_view topic)
{
    if (options_.manual)
    {
        return {true, wishes_.add(topic, peer).subscriber};
    }
    const TopicIndex::Change change = subscriptions_.add(topic, peer);
    return {change.topic || options_.tells_repeated_subscriptions,
            tells_of_each_peer() ? change.subscriber : change.topic};
}

Publisher::News Publisher::cancelled(std::uint32_t peer, std::string_view topic) noexcept
{
    if (options_.manual)
    {
        return {true, wishes_.remove(topic, peer).subscriber};
    }
    const TopicIndex::Change change = subscriptions_.remove(topic, peer);
    return {change.topic || options_.tells_repeated_cancellations,
            tells_of_each_peer() ? change.subscriber : change.topic};
}

void Publisher::admit(std::uint32_t peer, std::string_view topic)
{
    subscriptions_.add(topic, peer);
}

void Publisher::dismiss(std::uint32_t peer, std::string_view topic) noexcept
{
    subscriptions_.remove(topic, peer);
}

bool Publisher::lose_one(std::uint32_t peer, std::string& topic, bool& told)
{
    bool last = false;
    if (options_.manual)
    {
        told = true;
        return wishes_.remove_any(peer, topic, last);
    }
    const bool one = subscriptions_.remove_any(peer, topic, last);
    told = last || options_.tells_repeated_cancellations;
    return one;
}

bool Publisher::forget_some(std::uint32_t peer, std::size_t most) noexcept
{
    // Both, so that a slice is twice as long at most.
    const bool more = subscriptions_.remove_some(peer, most);
    return wishes_.remove_some(peer, most) || more;
}

} // namespace spaceframe::pattern
