#include "pattern/subscriber.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using spaceframe::pattern::Subscriber;

TEST_CASE("a topic ends when it was cancelled as often as it was subscribed to, and only that is told")
{
    Subscriber subscriber(false);
    CHECK_FALSE(subscriber.wants("news"));
    subscriber.subscribe("new");
    subscriber.subscribe("new");
    CHECK(subscriber.wants("news"));
    CHECK_FALSE(subscriber.wants("ne"));
    CHECK_FALSE(subscriber.cancel("new"));
    CHECK(subscriber.wants("news"));
    CHECK(subscriber.cancel("new"));
    CHECK_FALSE(subscriber.wants("news"));
    CHECK_FALSE(subscriber.cancel("new"));
}

TEST_CASE("inverted, what matches is not wanted, and everything else is")
{
    Subscriber subscriber(true);
    CHECK(subscriber.wants("news"));
    subscriber.subscribe("new");
    CHECK_FALSE(subscriber.wants("news"));
    CHECK(subscriber.wants("old"));
}

TEST_CASE("a new peer is told each topic once")
{
    Subscriber subscriber(false);
    for (const char* topic : {"b", "a", "", "a", "ab"})
    {
        subscriber.subscribe(topic);
    }
    std::vector<std::string> told;
    subscriber.for_each(
        [&](std::string_view topic)
        {
            told.emplace_back(topic);
        });
    CHECK(told == std::vector<std::string>{"", "a", "ab", "b"});
    CHECK(subscriber.topics() == 4);
}
