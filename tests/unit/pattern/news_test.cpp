#include "pattern/news.hpp"
#include "pattern/publisher.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using spaceframe::pattern::find_needless;
using spaceframe::pattern::News;
using spaceframe::pattern::Publisher;

namespace
{

using Places = std::vector<std::size_t>;

// What waits, and what is said of it.
class Queue
{
public:
    Queue& on(std::string_view topic, std::uint32_t peer = 1, bool turns = true)
    {
        news_.push_back({news_.size(), topic, peer, false, turns});
        return *this;
    }
    Queue& off(std::string_view topic, std::uint32_t peer = 1, bool turns = true)
    {
        news_.push_back({news_.size(), topic, peer, true, turns});
        return *this;
    }
    Places needless(bool of_each_peer = false) const
    {
        std::vector<News> copy = news_;
        return find_needless(copy, of_each_peer);
    }

private:
    std::vector<News> news_;
};

// What an application knows: who wants what, where it is told of each peer, otherwise what is wanted.
using Known = std::set<std::pair<std::string, std::uint32_t>>;

void learn(Known& known, const News& news, bool of_each_peer)
{
    const std::pair<std::string, std::uint32_t> fact(news.topic, of_each_peer ? news.peer : 0);
    news.cancel ? static_cast<void>(known.erase(fact)) : static_cast<void>(known.insert(fact));
}

} // namespace

TEST_CASE("a subscription and the cancellation that ends it say nothing, however far apart they are")
{
    Queue queue;
    std::vector<std::string> topics;
    for (int i = 0; i < 1000; ++i)
    {
        topics.push_back(std::to_string(i));
    }
    queue.on("stays");
    for (const std::string& topic : topics)
    {
        queue.on(topic);
    }
    for (const std::string& topic : topics)
    {
        queue.off(topic);
    }
    const Places places = queue.needless();
    REQUIRE(places.size() == 2000);
    CHECK(places.front() == 1);
    CHECK(places.back() == 2000);
    CHECK(std::ranges::is_sorted(places));
}

TEST_CASE("a cancellation of what was received already is kept, and so is a subscription behind it")
{
    CHECK(Queue().off("A").needless().empty());
    CHECK(Queue().off("A").on("A").needless().empty());
    CHECK(Queue().off("A").on("A").off("A").needless() == Places{1, 2});
    CHECK(Queue().off("A").on("A").off("A").on("A").needless() == Places{1, 2});
    CHECK(Queue().on("A").on("AB").off("AB").on("").needless() == Places{1, 2});
}

TEST_CASE(
    "what repeats a subscription that waits says nothing, and what repeats a received one goes at the end")
{
    CHECK(Queue().on("A").on("A", 1, false).on("A", 2, false).needless() == Places{1, 2});
    CHECK(Queue().on("A", 1, false).on("A", 2, false).needless() == Places{1});
    CHECK(Queue().on("A", 1, false).off("A").needless() == Places{0});
    CHECK(Queue().on("A").on("A", 2, false).off("A", 2).needless() == Places{0, 1, 2});
}

TEST_CASE("where each peer is told of, one does not speak for another")
{
    CHECK(Queue().on("A", 1).on("A", 2).needless(true).empty());
    CHECK(Queue().on("A", 1).on("A", 2).on("A", 2, false).off("A", 1).needless(true) == Places{0, 2, 3});
    CHECK(Queue().on("A", 1).off("A", 2).needless(true).empty());
    CHECK(Queue().on("A", 1).off("A", 2, false).needless(true) == Places{1});
}

TEST_CASE("who reads only what is left of random news, seen to at random moments, learns the truth")
{
    const unsigned seed = std::random_device()();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const auto below = [&](std::size_t end)
    {
        return static_cast<std::size_t>(random() % end);
    };
    const std::array<Publisher::Options, 4> modes{
        {{}, {true, false, false}, {true, true, false}, {false, false, true}}};
    const std::vector<std::string> topics{"", "a", "ab", "b", std::string(100, 'x'), std::string(2, '\0')};
    for (const Publisher::Options& mode : modes)
    {
        Publisher publisher(mode);
        const bool of_each_peer = publisher.tells_of_each_peer();
        Known truth;
        Known known;
        std::vector<News> queue;
        for (int step = 0; step < 20'000; ++step)
        {
            const std::string& topic = topics[below(topics.size())];
            const auto peer = static_cast<std::uint32_t>(below(3));
            const bool cancel = below(2) == 0;
            const Publisher::News news =
                cancel ? publisher.cancelled(peer, topic) : publisher.subscribed(peer, topic);
            if (news.told)
            {
                queue.push_back({0, topic, peer, cancel, news.turns});
                learn(truth, queue.back(), of_each_peer);
            }
            if (below(10) == 0)
            {
                std::vector<News> asked = queue;
                for (std::size_t i = 0; i < asked.size(); ++i)
                {
                    asked[i].place = i;
                }
                const Places places = find_needless(asked, of_each_peer);
                std::for_each(places.rbegin(), places.rend(),
                              [&](std::size_t place)
                              {
                                  queue.erase(queue.begin() + static_cast<std::ptrdiff_t>(place));
                              });
                REQUIRE(queue.size() <= 2 * topics.size() * (of_each_peer ? 3 : 1));
                Known after = known;
                for (const News& each : queue)
                {
                    learn(after, each, of_each_peer);
                }
                REQUIRE(after == truth);
            }
            while (!queue.empty() && below(3) == 0)
            {
                learn(known, queue.front(), of_each_peer);
                queue.erase(queue.begin());
            }
        }
    }
}
