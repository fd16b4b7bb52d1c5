#include "pattern/topic_index.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

using spaceframe::pattern::TopicIndex;

namespace
{

using Found = std::vector<std::uint32_t>;

Found match(TopicIndex& index, std::string_view text)
{
    Found found;
    index.match(text, found);
    const std::set<std::uint32_t> once(found.begin(), found.end());
    CHECK(once.size() == found.size());
    CHECK(index.matches(text) == !found.empty());
    std::sort(found.begin(), found.end());
    return found;
}

std::vector<std::string> topics(const TopicIndex& index)
{
    std::vector<std::string> all;
    index.for_each(
        [&](std::string_view topic)
        {
            all.emplace_back(topic);
        });
    CHECK(all.size() == index.topics());
    return all;
}

// Who subscribed to what, and how often, without any cleverness.
class Model
{
public:
    explicit Model(bool counts) : counts_(counts)
    {}

    TopicIndex::Change add(const std::string& topic, std::uint32_t subscriber)
    {
        auto& subscribers = topics_[topic];
        const bool first = subscribers.empty();
        auto& count = subscribers[subscriber];
        const bool fresh = count == 0;
        count = counts_ || fresh ? count + 1 : count;
        return {fresh, first};
    }

    TopicIndex::Change remove(const std::string& topic, std::uint32_t subscriber)
    {
        const auto found = topics_.find(topic);
        if (found == topics_.end() || !found->second.contains(subscriber) || --found->second[subscriber] > 0)
        {
            return {};
        }
        found->second.erase(subscriber);
        const bool last = found->second.empty();
        if (last)
        {
            topics_.erase(found);
        }
        return {true, last};
    }

    void remove_all(std::uint32_t subscriber)
    {
        for (auto topic = topics_.begin(); topic != topics_.end();)
        {
            topic->second.erase(subscriber);
            topic = topic->second.empty() ? topics_.erase(topic) : std::next(topic);
        }
    }

    Found match(std::string_view text) const
    {
        std::set<std::uint32_t> found;
        for (const auto& [topic, subscribers] : topics_)
        {
            for (const auto& [subscriber, count] : subscribers)
            {
                if (text.starts_with(topic))
                {
                    found.insert(subscriber);
                }
            }
        }
        return {found.begin(), found.end()};
    }

    std::vector<std::string> topics() const
    {
        std::vector<std::string> all;
        for (const auto& [topic, subscribers] : topics_)
        {
            all.push_back(topic);
        }
        return all;
    }

    std::size_t topics_of(std::uint32_t subscriber) const
    {
        return static_cast<std::size_t>(std::count_if(topics_.begin(), topics_.end(),
                                                      [&](const auto& each)
                                                      {
                                                          return each.second.contains(subscriber);
                                                      }));
    }

private:
    bool counts_;
    std::map<std::string, std::map<std::uint32_t, unsigned>> topics_;
};

bool same(const TopicIndex::Change& a, const TopicIndex::Change& b)
{
    return a.subscriber == b.subscriber && a.topic == b.topic;
}

} // namespace

TEST_CASE("a text matches the topics that it begins with, and each subscriber once")
{
    TopicIndex index(TopicIndex::Repeats::ignored);
    index.add("A", 1);
    index.add("AB", 1);
    index.add("ABC", 1);
    index.add("AB", 2);
    index.add("", 3);
    CHECK(match(index, "ABCD") == Found{1, 2, 3});
    CHECK(match(index, "ABC") == Found{1, 2, 3});
    CHECK(match(index, "AC") == Found{1, 3});
    CHECK(index.found(1));
    CHECK_FALSE(index.found(2));
    CHECK_FALSE(index.found(77));
    CHECK(match(index, "") == Found{3});
    CHECK(match(index, std::string_view("\0A", 2)) == Found{3});
    CHECK(index.topics() == 4);
    CHECK(index.topics_of(1) == 3);
    CHECK(topics(index) == std::vector<std::string>{"", "A", "AB", "ABC"});
}

TEST_CASE("changes tell the first and the last subscription of a subscriber, and of all")
{
    TopicIndex peers(TopicIndex::Repeats::ignored);
    CHECK(same(peers.add("news", 1), {true, true}));
    CHECK(same(peers.add("news", 1), {false, false}));
    CHECK(same(peers.add("news", 2), {true, false}));
    CHECK(same(peers.remove("news", 1), {true, false}));
    CHECK(same(peers.remove("news", 1), {false, false}));
    CHECK(same(peers.remove("new", 2), {false, false}));
    CHECK(same(peers.remove("newspaper", 2), {false, false}));
    CHECK(same(peers.remove("news", 2), {true, true}));
    CHECK(peers.topics() == 0);

    TopicIndex own(TopicIndex::Repeats::counted);
    CHECK(same(own.add("news", 0), {true, true}));
    CHECK(same(own.add("news", 0), {false, false}));
    CHECK(same(own.remove("news", 0), {false, false}));
    CHECK(own.matches("newspaper"));
    CHECK(same(own.remove("news", 0), {true, true}));
    CHECK_FALSE(own.matches("newspaper"));
}

TEST_CASE("a subscriber's topics can be taken away one by one")
{
    TopicIndex index(TopicIndex::Repeats::ignored);
    index.add("a", 1);
    index.add("ab", 1);
    index.add("ab", 2);
    index.add("", 1);
    std::set<std::string> gone;
    std::string topic;
    bool last = false;
    int taken = 0;
    for (; index.remove_any(1, topic, last); ++taken)
    {
        if (last)
        {
            gone.insert(topic);
        }
    }
    CHECK(taken == 3);
    CHECK(gone == std::set<std::string>{"", "a"});
    CHECK(topics(index) == std::vector<std::string>{"ab"});
    CHECK(match(index, "abc") == Found{2});
}

TEST_CASE("random subscriptions and cancellations give what a plain list gives")
{
    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    for (const bool counts : {false, true})
    {
        CAPTURE(counts);
        std::mt19937 random(seed);
        TopicIndex index(counts ? TopicIndex::Repeats::counted : TopicIndex::Repeats::ignored);
        Model model(counts);
        const auto below = [&](std::size_t limit)
        {
            return static_cast<std::uint32_t>(random() % limit);
        };
        const auto text = [&]
        {
            std::string made;
            // Some longer than what one node holds, and alike for long.
            const std::size_t size = below(20) == 0 ? 200 + below(400) : below(7);
            for (std::size_t i = 0; i < size; ++i)
            {
                made += below(size > 10 ? 200 : 3) == 0
                            ? '\xFF'
                            : static_cast<char>('a' + (size > 10 ? 0U : below(2)));
            }
            return made;
        };
        for (int step = 0; step < 20000; ++step)
        {
            const std::uint32_t subscriber = below(6);
            const std::string topic = text();
            const std::uint32_t what = below(100);
            bool alike = true;
            if (what < 45)
            {
                alike = same(index.add(topic, subscriber), model.add(topic, subscriber));
            }
            else if (what < 85)
            {
                alike = same(index.remove(topic, subscriber), model.remove(topic, subscriber));
            }
            else if (what == 85)
            {
                while (index.remove_some(subscriber, 3))
                {}
                model.remove_all(subscriber);
            }
            else
            {
                alike = match(index, topic) == model.match(topic);
            }
            REQUIRE(alike);
            REQUIRE(index.topics_of(subscriber) == model.topics_of(subscriber));
            if (step % 500 == 0)
            {
                REQUIRE(topics(index) == model.topics());
            }
        }
        REQUIRE(topics(index) == model.topics());
        for (std::uint32_t subscriber = 0; subscriber < 6; ++subscriber)
        {
            CHECK_FALSE(index.remove_some(subscriber, SIZE_MAX));
        }
        CHECK(index.topics() == 0);
        CHECK(match(index, "aaa").empty());
    }
}

TEST_CASE("a topic of 1 MB, and 5,000 topics that are each other's prefixes, need no stack")
{
    const std::string large(1024 * 1024, 'x');
    TopicIndex index(TopicIndex::Repeats::ignored);
    index.add(large, 1);
    CHECK(match(index, large + "y") == Found{1});
    CHECK(match(index, std::string_view(large).substr(1)).empty());
    for (std::size_t size = 0; size < 5000; ++size)
    {
        index.add(std::string_view(large).substr(0, size), 2);
    }
    CHECK(match(index, large) == Found{1, 2});
    CHECK(topics(index).size() == 5001);
    CHECK(same(index.remove(large, 1), {true, true}));
    CHECK(match(index, large) == Found{2});
    std::string topic;
    bool last = false;
    std::size_t total = 0;
    while (index.remove_any(2, topic, last))
    {
        CHECK(last);
        total += topic.size();
    }
    CHECK(total == 5000 * 4999 / 2);
    index.add(large, 1); // and its end is the destructor's
}

TEST_CASE("100,000 topics of one subscriber among those of others")
{
    TopicIndex index(TopicIndex::Repeats::ignored);
    for (std::uint32_t i = 0; i < 100'000; ++i)
    {
        index.add("topic/" + std::to_string(i) + "/", 1);
        if (i % 1000 == 0)
        {
            index.add("topic/" + std::to_string(i) + "/", 2);
        }
    }
    CHECK(index.topics() == 100'000);
    CHECK(match(index, "topic/99999/x") == Found{1});
    CHECK(match(index, "topic/99000/x") == Found{1, 2});
    CHECK(match(index, "topic/100000/x").empty());
    CHECK(index.remove_some(1, 300));
    CHECK(index.topics_of(1) == 99'700);
    CHECK_FALSE(index.remove_some(1, 99'700));
    CHECK(index.topics() == 100);
    CHECK(index.topics_of(1) == 0);
    CHECK(match(index, "topic/99000/x") == Found{2});
}
