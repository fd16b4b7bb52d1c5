#include "pattern/topic_index.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace spaceframe::pattern
{
namespace
{

// Longer edges are chains of nodes, so that cutting or joining one costs little however long a topic is.
constexpr std::size_t longest_label = 256;

std::size_t common_prefix(std::string_view a, std::string_view b) noexcept
{
    const auto ends = std::mismatch(
        a.begin(), a.begin() + static_cast<std::ptrdiff_t>(std::min(a.size(), b.size())), b.begin());
    return static_cast<std::size_t>(ends.first - a.begin());
}

} // namespace

TopicIndex::TopicIndex(Repeats repeats) : repeats_(repeats), root_(std::make_unique<Node>())
{}

/// From the leaves up: a node that ends its children would recurse as deep as topics are nested.
TopicIndex::~TopicIndex()
{
    Node* node = root_.get();
    while (node != nullptr)
    {
        if (!node->children.empty())
        {
            node = node->children.back().get();
        }
        else
        {
            node = node->parent;
            if (node != nullptr)
            {
                node->children.pop_back();
            }
        }
    }
}

std::size_t TopicIndex::child_place(const Node& node, char first) noexcept
{
    const auto place = std::lower_bound(node.children.begin(), node.children.end(), first,
                                        [](const std::unique_ptr<Node>& each, char wanted)
                                        {
                                            return static_cast<unsigned char>(each->label.front()) <
                                                   static_cast<unsigned char>(wanted);
                                        });
    return static_cast<std::size_t>(place - node.children.begin());
}

TopicIndex::Node* TopicIndex::child(const Node& node, char first) noexcept
{
    const std::size_t place = child_place(node, first);
    return place < node.children.size() && node.children[place]->label.front() == first
               ? node.children[place].get()
               : nullptr;
}

std::vector<TopicIndex::Entry>::iterator TopicIndex::entry_of(Node& node, std::uint32_t subscriber) noexcept
{
    return std::lower_bound(node.entries.begin(), node.entries.end(), subscriber,
                            [](const Entry& entry, std::uint32_t wanted)
                            {
                                return entry.subscriber < wanted;
                            });
}

std::string TopicIndex::topic_of(const Node& node)
{
    std::size_t size = 0;
    for (const Node* at = &node; at != nullptr; at = at->parent)
    {
        size += at->label.size();
    }
    std::string topic(size, '\0');
    for (const Node* at = &node; at != nullptr; at = at->parent)
    {
        size -= at->label.size();
        at->label.copy(topic.data() + size, at->label.size());
    }
    return topic;
}

/// The node behind `node` (nullptr: before the first) that somebody subscribed to; `topic` is the topic of
/// the one and becomes that of the other.
const TopicIndex::Node* TopicIndex::next(const Node* node, std::string& topic) const
{
    if (node == nullptr)
    {
        if (!root_->entries.empty())
        {
            return root_.get();
        }
        node = root_.get();
    }
    for (;;)
    {
        std::size_t place = 0;
        while (place == node->children.size())
        {
            if (node->parent == nullptr)
            {
                return nullptr;
            }
            topic.resize(topic.size() - node->label.size());
            place = child_place(*node->parent, node->label.front()) + 1;
            node = node->parent;
        }
        node = node->children[place].get();
        topic += node->label;
        if (!node->entries.empty())
        {
            return node;
        }
    }
}

TopicIndex::Node* TopicIndex::find(std::string_view topic) const noexcept
{
    Node* node = root_.get();
    while (node != nullptr && !topic.empty())
    {
        node = child(*node, topic.front());
        if (node != nullptr && !topic.starts_with(node->label))
        {
            node = nullptr;
        }
        topic.remove_prefix(node == nullptr ? 0 : node->label.size());
    }
    return node;
}

TopicIndex::Node& TopicIndex::make_child(Node& node, std::string_view label)
{
    auto made = std::make_unique<Node>();
    made->label = label;
    made->parent = &node;
    const auto place = node.children.begin() + static_cast<std::ptrdiff_t>(child_place(node, label.front()));
    return **node.children.insert(place, std::move(made));
}

/// Puts a node between `node` and its parent, `at` bytes into the label.
TopicIndex::Node& TopicIndex::split(Node& node, std::size_t at)
{
    auto upper = std::make_unique<Node>();
    upper->label = node.label.substr(0, at);
    upper->parent = node.parent;
    upper->children.reserve(1);
    std::string rest = node.label.substr(at);

    std::unique_ptr<Node>& slot = node.parent->children[child_place(*node.parent, node.label.front())];
    node.label = std::move(rest);
    node.parent = upper.get();
    upper->children.push_back(std::move(slot));
    slot = std::move(upper);
    return *slot;
}

TopicIndex::Node& TopicIndex::find_or_make(std::string_view topic)
{
    Node* node = root_.get();
    try
    {
        while (!topic.empty())
        {
            Node* below = child(*node, topic.front());
            if (below == nullptr)
            {
                below = &make_child(*node, topic.substr(0, longest_label));
            }
            const std::size_t shared = common_prefix(topic, below->label);
            node = shared == below->label.size() ? below : &split(*below, shared);
            topic.remove_prefix(shared);
        }
    }
    catch (const std::bad_alloc&)
    {
        prune(node);
        throw;
    }
    return *node;
}

TopicIndex::Change TopicIndex::add(std::string_view topic, std::uint32_t subscriber)
{
    if (subscriber >= subscribers_.size())
    {
        subscribers_.resize(subscriber + std::size_t{1});
    }
    std::vector<Node*>& nodes = subscribers_[subscriber].nodes;
    if (nodes.size() == nodes.capacity())
    {
        nodes.reserve(std::max<std::size_t>(4, 2 * nodes.size()));
    }
    Node& node = find_or_make(topic);
    const auto entry = entry_of(node, subscriber);
    if (entry != node.entries.end() && entry->subscriber == subscriber)
    {
        entry->count += repeats_ == Repeats::counted ? 1U : 0U;
        return {};
    }
    try
    {
        node.entries.insert(entry, {subscriber, 1, nodes.size()});
    }
    catch (const std::bad_alloc&)
    {
        prune(&node);
        throw;
    }
    nodes.push_back(&node);
    const bool first = node.entries.size() == 1;
    topics_ += first ? 1U : 0U;
    return {true, first};
}

TopicIndex::Change TopicIndex::remove(std::string_view topic, std::uint32_t subscriber) noexcept
{
    Node* node = find(topic);
    if (node == nullptr)
    {
        return {};
    }
    const auto entry = entry_of(*node, subscriber);
    if (entry == node->entries.end() || entry->subscriber != subscriber || --entry->count > 0)
    {
        return {};
    }
    const bool last = node->entries.size() == 1;
    erase(*node, entry);
    return {true, last};
}

std::size_t TopicIndex::count(std::string_view topic, std::uint32_t subscriber) const noexcept
{
    Node* const node = find(topic);
    if (node == nullptr)
    {
        return 0;
    }
    const auto entry = entry_of(*node, subscriber);
    return entry == node->entries.end() || entry->subscriber != subscriber ? 0 : entry->count;
}

bool TopicIndex::remove_any(std::uint32_t subscriber, std::string& topic, bool& last)
{
    if (topics_of(subscriber) == 0)
    {
        return false;
    }
    Node& node = *subscribers_[subscriber].nodes.back();
    last = node.entries.size() == 1;
    topic = topic_of(node);
    erase(node, entry_of(node, subscriber));
    return true;
}

bool TopicIndex::remove_some(std::uint32_t subscriber, std::size_t most) noexcept
{
    for (; most > 0 && topics_of(subscriber) > 0; --most)
    {
        Node& node = *subscribers_[subscriber].nodes.back();
        erase(node, entry_of(node, subscriber));
    }
    return topics_of(subscriber) > 0;
}

void TopicIndex::erase(Node& node, std::vector<Entry>::iterator entry) noexcept
{
    const std::uint32_t subscriber = entry->subscriber;
    std::vector<Node*>& nodes = subscribers_[subscriber].nodes;
    const std::size_t place = entry->place;
    if (place + 1 < nodes.size())
    {
        nodes[place] = nodes.back();
        entry_of(*nodes[place], subscriber)->place = place;
    }
    nodes.pop_back();
    if (nodes.empty())
    {
        std::vector<Node*>().swap(nodes);
    }
    node.entries.erase(entry);
    if (node.entries.empty())
    {
        --topics_;
        std::vector<Entry>().swap(node.entries);
        prune(&node);
    }
}

/// Removes a node that means nothing any more, and what was only there for its sake.
void TopicIndex::prune(Node* node) noexcept
{
    while (node->parent != nullptr && node->entries.empty() && node->children.empty())
    {
        Node* parent = node->parent;
        const std::size_t place = child_place(*parent, node->label.front());
        parent->children.erase(parent->children.begin() + static_cast<std::ptrdiff_t>(place));
        if (parent->children.empty())
        {
            std::vector<std::unique_ptr<Node>>().swap(parent->children);
        }
        node = parent;
    }
    if (node->parent != nullptr && node->entries.empty() && node->children.size() == 1 &&
        node->label.size() + node->children.front()->label.size() <= longest_label)
    {
        join_child(*node);
    }
}

/// The only child takes the node's place. Without memory for that the node stays, to no harm.
void TopicIndex::join_child(Node& node) noexcept
{
    std::unique_ptr<Node> child = std::move(node.children.front());
    try
    {
        child->label.insert(0, node.label);
    }
    catch (const std::bad_alloc&)
    {
        node.children.front() = std::move(child);
        return;
    }
    child->parent = node.parent;
    node.children.clear();
    node.parent->children[child_place(*node.parent, node.label.front())] = std::move(child); // ends `node`
}

void TopicIndex::match(std::string_view text, std::vector<std::uint32_t>& found)
{
    ++match_;
    for (const Node* node = root_.get(); node != nullptr;)
    {
        for (const Entry& entry : node->entries)
        {
            Subscriber& subscriber = subscribers_[entry.subscriber];
            if (subscriber.matched != match_)
            {
                found.push_back(entry.subscriber);
                subscriber.matched = match_;
            }
        }
        node = text.empty() ? nullptr : child(*node, text.front());
        if (node != nullptr && !text.starts_with(node->label))
        {
            node = nullptr;
        }
        text.remove_prefix(node == nullptr ? 0 : node->label.size());
    }
}

bool TopicIndex::matches(std::string_view text) const noexcept
{
    const Node* node = root_.get();
    while (node != nullptr && node->entries.empty())
    {
        node = text.empty() ? nullptr : child(*node, text.front());
        if (node != nullptr && !text.starts_with(node->label))
        {
            node = nullptr;
        }
        text.remove_prefix(node == nullptr ? 0 : node->label.size());
    }
    return node != nullptr;
}

bool TopicIndex::found(std::uint32_t subscriber) const noexcept
{
    return subscriber < subscribers_.size() && match_ > 0 && subscribers_[subscriber].matched == match_;
}

} // namespace spaceframe::pattern
