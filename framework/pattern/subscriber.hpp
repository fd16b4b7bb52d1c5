#pragma once

#include "pattern/topic_index.hpp"

#include <cstddef>
#include <string_view>

namespace spaceframe::pattern
{

/// What an application subscribed to (SUB, XSUB; RFC 29): what its peers are told, and what it wants to
/// receive. Subscriptions are counted: a topic ends when it was cancelled as often as it was subscribed to.
/// Does no input or output. Not thread-safe.
class Subscriber
{
public:
    /// `inverted`: what matches is what is not wanted (ZMQ_INVERT_MATCHING).
    explicit Subscriber(bool inverted) : inverted_(inverted)
    {}

    /// Peers are told of every subscription, as by libzmq: one that repeats another may interest an XPUB.
    /// Throws std::bad_alloc, and has done nothing then.
    void subscribe(std::string_view topic)
    {
        topics_.add(topic, self);
    }

    /// True when peers are to be told, which is when the last subscription to the topic ends.
    bool cancel(std::string_view topic) noexcept
    {
        return topics_.remove(topic, self).topic;
    }

    /// Subscriptions to this very topic.
    std::size_t count(std::string_view topic) const noexcept
    {
        return topics_.count(topic, self);
    }

    bool wants(std::string_view text) const noexcept
    {
        return topics_.matches(text) != inverted_;
    }

    /// Distinct topics.
    std::size_t topics() const noexcept
    {
        return topics_.topics();
    }

    /// Calls `visit(std::string_view topic)` for each: what a new peer is told. Throws std::bad_alloc.
    template <class Visit>
    void for_each(Visit visit) const
    {
        topics_.for_each(visit);
    }

private:
    static constexpr std::uint32_t self = 0;

    const bool inverted_;
    TopicIndex topics_{TopicIndex::Repeats::counted};
};

} // namespace spaceframe::pattern
