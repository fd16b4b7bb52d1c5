#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::pattern
{

/// Who subscribed to which topics: a prefix trie whose edges are whole strings. A topic is any bytes, and
/// matches whatever begins with it; the empty one matches everything. Subscribers are small numbers.
///
/// Nothing recurses, so a topic may be as long as memory reaches. Adding and removing take O(length of the
/// topic), matching O(length of the topic that matches + subscriptions found); what is removed gives its
/// memory back. Not thread-safe.
class TopicIndex
{
public:
    /// What a second subscription of one subscriber to one topic means.
    enum class Repeats : std::uint8_t
    {
        counted, ///< it has to be removed as often as it was added: an application's own subscriptions
        ignored, ///< nothing: subscriptions of a peer, which may repeat one and then cancel it once, as
                 ///< libzmq's do
    };

    explicit TopicIndex(Repeats repeats);
    TopicIndex(const TopicIndex&) = delete;
    TopicIndex& operator=(const TopicIndex&) = delete;
    ~TopicIndex();

    struct Change
    {
        bool subscriber = false; ///< the subscriber had not subscribed to the topic, or does not any more
        bool topic = false;      ///< nobody had, or nobody does any more
    };

    /// Throws std::bad_alloc, and has done nothing then.
    Change add(std::string_view topic, std::uint32_t subscriber);
    /// Nothing happens where there is no such subscription.
    Change remove(std::string_view topic, std::uint32_t subscriber) noexcept;

    /// How often the subscriber has subscribed to the topic; at most 1 where that is not counted.
    std::size_t count(std::string_view topic, std::uint32_t subscriber) const noexcept;

    /// Takes one topic of the subscriber away, whatever its count. False when there was none left. `topic`
    /// receives it, and `last` whether nobody else has it. Throws std::bad_alloc, and has done nothing then.
    bool remove_any(std::uint32_t subscriber, std::string& topic, bool& last);
    /// Takes up to `most` topics of the subscriber away. True when there are more.
    bool remove_some(std::uint32_t subscriber, std::size_t most) noexcept;

    /// Appends each subscriber of a topic that `text` begins with to `found`, once. Throws std::bad_alloc.
    void match(std::string_view text, std::vector<std::uint32_t>& found);
    /// True when `text` begins with a topic of anybody.
    bool matches(std::string_view text) const noexcept;
    /// True when the last match() found the subscriber.
    bool found(std::uint32_t subscriber) const noexcept;

    /// Distinct topics.
    std::size_t topics() const noexcept
    {
        return topics_;
    }

    /// Topics of one subscriber.
    std::size_t topics_of(std::uint32_t subscriber) const noexcept
    {
        return subscriber < subscribers_.size() ? subscribers_[subscriber].nodes.size() : 0;
    }

    /// Calls `visit(std::string_view topic)` for each topic, in the order of its bytes. Throws
    /// std::bad_alloc.
    template <class Visit>
    void for_each(Visit visit) const
    {
        std::string topic;
        for (const Node* node = next(nullptr, topic); node != nullptr; node = next(node, topic))
        {
            visit(std::string_view(topic));
        }
    }

private:
    /// One subscriber of a topic.
    struct Entry
    {
        std::uint32_t subscriber;
        std::uint32_t count;
        std::size_t place; ///< in the subscriber's list of nodes
    };

    struct Node
    {
        std::string label; ///< from the parent's topic to this one; empty for the root only
        Node* parent = nullptr;
        std::vector<std::unique_ptr<Node>> children; ///< sorted by the first bytes of their labels
        std::vector<Entry> entries;                  ///< sorted by subscriber
    };

    struct Subscriber
    {
        std::vector<Node*> nodes;
        std::uint64_t matched = 0; ///< the number of the match that found it last
    };

    static std::size_t child_place(const Node& node, char first) noexcept;
    static Node* child(const Node& node, char first) noexcept;
    static std::vector<Entry>::iterator entry_of(Node& node, std::uint32_t subscriber) noexcept;
    static std::string topic_of(const Node& node);
    const Node* next(const Node* node, std::string& topic) const;
    Node* find(std::string_view topic) const noexcept;
    Node& find_or_make(std::string_view topic);
    static Node& split(Node& node, std::size_t at);
    static Node& make_child(Node& node, std::string_view label);
    static void prune(Node* node) noexcept;
    static void join_child(Node& node) noexcept;
    void erase(Node& node, std::vector<Entry>::iterator entry) noexcept;

    const Repeats repeats_;
    std::unique_ptr<Node> root_;
    std::vector<Subscriber> subscribers_; // by number
    std::size_t topics_ = 0;
    std::uint64_t match_ = 0; // counts calls of match()
};

} // namespace spaceframe::pattern
