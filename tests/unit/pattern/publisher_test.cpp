#include "pattern/publisher.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using spaceframe::pattern::Publisher;

namespace
{

std::vector<std::uint32_t> peers_of(Publisher& publisher, std::string_view text)
{
    std::vector<std::uint32_t> peers;
    publisher.match(text, peers);
    return peers;
}

// What an application hears when a peer is gone.
std::set<std::string> heard_of_loss(Publisher& publisher, std::uint32_t peer)
{
    std::set<std::string> heard;
    std::string topic;
    bool told = false;
    while (publisher.lose_one(peer, topic, told))
    {
        if (told)
        {
            CHECK(heard.insert(topic).second);
        }
    }
    return heard;
}

} // namespace

TEST_CASE("an application hears of the first subscription to a topic, and of the last cancellation")
{
    Publisher publisher({});
    CHECK(publisher.subscribed(1, "A").told);
    CHECK_FALSE(publisher.subscribed(1, "A").told);
    CHECK_FALSE(publisher.subscribed(2, "A").told);
    CHECK_FALSE(publisher.cancelled(1, "A").told);
    CHECK_FALSE(publisher.cancelled(1, "A").told);
    CHECK_FALSE(publisher.cancelled(1, "never").told);
    CHECK(publisher.cancelled(2, "A").told);
    CHECK(publisher.topics() == 0);
}

TEST_CASE("verbose tells of every subscription, verboser of every cancellation as well")
{
    for (const bool cancellations : {false, true})
    {
        CAPTURE(cancellations);
        Publisher publisher({true, cancellations, false});
        CHECK(publisher.subscribed(1, "A").told);
        CHECK(publisher.subscribed(2, "A").told);
        CHECK(publisher.subscribed(2, "A").told);
        CHECK(publisher.cancelled(1, "A").told == cancellations);
        CHECK(publisher.subscribed(1, "A").told);
        CHECK(heard_of_loss(publisher, 1) ==
              (cancellations ? std::set<std::string>{"A"} : std::set<std::string>{}));
        CHECK(publisher.cancelled(2, "A").told);
    }
}

TEST_CASE("a peer that is gone cancels what nobody else wants")
{
    Publisher publisher({});
    publisher.subscribed(1, "A");
    publisher.subscribed(1, "B");
    publisher.subscribed(1, "");
    publisher.subscribed(2, "B");
    CHECK(publisher.topics_of(1) == 3);
    CHECK(heard_of_loss(publisher, 1) == std::set<std::string>{"", "A"});
    CHECK(publisher.topics_of(1) == 0);
    CHECK(peers_of(publisher, "BC") == std::vector<std::uint32_t>{2});
    CHECK_FALSE(publisher.forget_some(2, 1));
    CHECK(publisher.topics() == 0);
}

TEST_CASE("where the application decides, it hears of every wish, and messages follow its decisions")
{
    Publisher publisher({false, false, true});
    CHECK(publisher.subscribed(1, "A").told);
    CHECK(publisher.subscribed(1, "A").told);
    CHECK(peers_of(publisher, "A").empty());
    publisher.admit(1, "B");
    CHECK(peers_of(publisher, "A").empty());
    CHECK(peers_of(publisher, "Bx") == std::vector<std::uint32_t>{1});
    CHECK(publisher.matched(1));
    CHECK(publisher.topics() == 1);
    CHECK(publisher.cancelled(1, "A").told);
    CHECK(peers_of(publisher, "B") == std::vector<std::uint32_t>{1});
    publisher.subscribed(1, "C");
    CHECK(heard_of_loss(publisher, 1) == std::set<std::string>{"C"});
    publisher.admit(1, "D");
    CHECK(publisher.forget_some(1, 1));
    CHECK_FALSE(publisher.forget_some(1, 1));
    CHECK(peers_of(publisher, "BD").empty());
    publisher.admit(2, "B");
    publisher.dismiss(2, "B");
    CHECK(publisher.topics() == 0);
}

TEST_CASE("what turns is the topic, or the peer's own subscription where each peer's are told")
{
    const std::vector<Publisher::Options> all{
        {false, false, false}, {true, false, false}, {true, true, false}, {false, false, true}};
    for (std::size_t i = 0; i < all.size(); ++i)
    {
        CAPTURE(i);
        Publisher publisher(all[i]);
        const bool each_peer = i >= 2;
        CHECK(publisher.tells_of_each_peer() == each_peer);
        CHECK(publisher.subscribed(1, "A").turns);
        CHECK_FALSE(publisher.subscribed(1, "A").turns);
        CHECK(publisher.subscribed(2, "A").turns == each_peer);
        CHECK_FALSE(publisher.cancelled(3, "A").turns);
        CHECK(publisher.cancelled(1, "A").turns == each_peer);
        CHECK_FALSE(publisher.cancelled(1, "A").turns);
        CHECK(publisher.cancelled(2, "A").turns);
    }
}
