#pragma once

#include "pattern/topic_index.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::pattern
{

/// What peers subscribed to (PUB, XPUB; RFC 29), and what an application is told of it. Peers are named by
/// their index; whoever is gone has to be forgotten before another one gets his. Does no input or output. Not
/// thread-safe.
class Publisher
{
public:
    struct Options
    {
        bool tells_repeated_subscriptions = false; ///< ZMQ_XPUB_VERBOSE
        bool tells_repeated_cancellations = false; ///< both: ZMQ_XPUB_VERBOSER
        bool manual = false;                       ///< ZMQ_XPUB_MANUAL: peers ask, the application decides
    };

    explicit Publisher(const Options& options) : options_(options)
    {}

    /// True when an application is told when each peer begins and ceases to subscribe to a topic, not when
    /// all together do.
    bool tells_of_each_peer() const noexcept
    {
        return options_.tells_repeated_cancellations || options_.manual;
    }

    /// What a change means to an application.
    struct News
    {
        bool told = false;  ///< it is told
        bool turns = false; ///< a subscription that one cancellation will end, or that cancellation;
                            ///< otherwise it repeats something, or ends nothing
    };

    /// A peer subscribes, or cancels. Throw std::bad_alloc, and have done nothing then.
    News subscribed(std::uint32_t peer, std::string_view topic);
    News cancelled(std::uint32_t peer, std::string_view topic) noexcept;
    /// What the application decides, where that is its part.
    void admit(std::uint32_t peer, std::string_view topic);
    void dismiss(std::uint32_t peer, std::string_view topic) noexcept;

    /// The peer is gone: takes one of the topics away that it asked for. False when there was none left.
    /// `told` receives whether an application is to be told that `topic` was cancelled. Throws
    /// std::bad_alloc, and has done nothing then.
    bool lose_one(std::uint32_t peer, std::string& topic, bool& told);
    /// Takes up to `most` of them away, and nobody is told; also what the application admitted. True when
    /// there are more.
    bool forget_some(std::uint32_t peer, std::size_t most) noexcept;

    /// Appends the peers that `text` goes to. Throws std::bad_alloc.
    void match(std::string_view text, std::vector<std::uint32_t>& peers)
    {
        subscriptions_.match(text, peers);
    }
    /// True when the last match() found the peer.
    bool matched(std::uint32_t peer) const noexcept
    {
        return subscriptions_.found(peer);
    }

    /// Distinct topics of all peers.
    std::size_t topics() const noexcept
    {
        return subscriptions_.topics();
    }
    /// Topics that a peer asked for.
    std::size_t topics_of(std::uint32_t peer) const noexcept
    {
        return (options_.manual ? wishes_ : subscriptions_).topics_of(peer);
    }

private:
    const Options options_;
    TopicIndex subscriptions_{TopicIndex::Repeats::ignored};
    TopicIndex wishes_{TopicIndex::Repeats::ignored}; // what peers asked for, where the application decides
};

} // namespace spaceframe::pattern
