#include "link.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace zmtp_test;

namespace
{

Config publisher()
{
    Config config;
    config.socket_type = "XPUB";
    config.send_identity = false;
    return config;
}

std::string subscription(Link& link, bool subscribe, const std::string& topic, std::size_t capacity)
{
    std::vector<std::uint8_t> block(capacity);
    sf_output output{block.data(), block.size(), 0};
    const sf_bytes wanted{reinterpret_cast<const std::uint8_t*>(topic.data()), topic.size()};
    const sf_status status =
        subscribe ? link.session().subscribe(wanted, output) : link.session().cancel(wanted, output);
    REQUIRE(status == SF_OK);
    return {reinterpret_cast<const char*>(block.data()), output.length};
}

} // namespace

TEST_CASE("messages of an XSUB that do not start with 00 or 01, or have several frames, are data")
{
    Link link(publisher());
    complete(link, "XSUB");
    link.feed(frame("text") + frame("") + frame(bytes({2}) + "x") + frame(bytes({1}) + "x", 1) +
              frame(bytes({1}) + "y"));
    CHECK(link.frames == std::vector<ReceivedFrame>{{"text", 0},
                                                    {"", 0},
                                                    {bytes({2}) + "x", 0},
                                                    {bytes({1}) + "x", SF_FRAME_MORE},
                                                    {bytes({1}) + "y", 0}});
}

TEST_CASE("from a peer that is no subscriber 00 and 01 are data, and SUBSCRIBE is ignored")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(frame(bytes({1}) + "a") + command("SUBSCRIBE", "b") + command("CANCEL", "b") +
              frame(bytes({0})));
    CHECK(link.frames == std::vector<ReceivedFrame>{{bytes({1}) + "a", 0}, {bytes({0}), 0}});
}

TEST_CASE("a subscription that finds no room says how much it needs")
{
    Config config;
    config.socket_type = "SUB";
    config.send_subscriptions = true;
    Link link(config);
    complete(link, "PUB", 1);
    std::uint8_t block[20];
    sf_output output{block, sizeof block, 4};
    const sf_bytes topic{block, 5};
    CHECK(link.session().subscribe(topic, output) == SF_WOULD_BLOCK);
    CHECK(output.length == 4 + 2 + 10 + 5);
}

TEST_CASE("a subscription between two frames of a message is an error")
{
    Link link(publisher());
    complete(link, "XSUB");
    link.feed(frame("first", 1) + command("SUBSCRIBE", "b"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("more subscriptions than there is place for come out in several calls")
{
    Config config = publisher();
    config.frame_capacity = 2;
    Link link(config);
    complete(link, "SUB");
    std::string wire;
    for (int i = 0; i != 20; ++i)
    {
        wire += command("SUBSCRIBE", std::to_string(i));
    }
    link.feed(wire);
    REQUIRE(link.frames.size() == 20);
    CHECK(link.frames[19] == ReceivedFrame{"19", SF_FRAME_SUBSCRIBE});
}

TEST_CASE("trap: both encodings of a subscription are accepted, whatever the peer's version")
{
    for (const char* type : {"SUB", "XSUB"})
    {
        for (const int minor : {0, 1})
        {
            CAPTURE(type);
            CAPTURE(minor);
            Link link(publisher());
            complete(link, type, minor);
            link.feed(frame(bytes({1}) + "a") + command("SUBSCRIBE", "b") + frame(bytes({0}) + "a") +
                      command("CANCEL", "b") + frame(bytes({1})) + command("SUBSCRIBE"));
            CHECK(link.frames == std::vector<ReceivedFrame>{{"a", SF_FRAME_SUBSCRIBE},
                                                            {"b", SF_FRAME_SUBSCRIBE},
                                                            {"a", SF_FRAME_CANCEL},
                                                            {"b", SF_FRAME_CANCEL},
                                                            {"", SF_FRAME_SUBSCRIBE},
                                                            {"", SF_FRAME_SUBSCRIBE}});
        }
    }
}

TEST_CASE("trap: subscriptions are commands under 3.1 and messages below, by the peer's minor version")
{
    Config config;
    config.socket_type = "SUB";
    config.send_subscriptions = true;
    Link newer(config);
    complete(newer, "PUB", 1);
    CHECK(subscription(newer, true, "topic", 100) == command("SUBSCRIBE", "topic"));
    CHECK(subscription(newer, false, "topic", 100) == command("CANCEL", "topic"));
    CHECK(subscription(newer, true, std::string(300, 't'), 500) ==
          command("SUBSCRIBE", std::string(300, 't')));
    CHECK(subscription(newer, true, "", 12) == command("SUBSCRIBE"));

    Link older(config);
    complete(older, "PUB", 0);
    CHECK(subscription(older, true, "topic", 100) == frame(bytes({1}) + "topic"));
    CHECK(subscription(older, false, "topic", 100) == frame(bytes({0}) + "topic"));
    CHECK(subscription(older, true, "", 3) == frame(bytes({1})));
}

TEST_CASE("trap: a very long topic costs no stack (CVE-2021-20236)")
{
    const std::string topic(8'000'000, 't');
    Config config;
    config.socket_type = "XPUB";
    config.max_message_size = topic.size();
    Link link(config);
    complete(link, "SUB");
    link.feed(command("SUBSCRIBE", topic));
    REQUIRE(link.frames.size() == 1);
    CHECK(link.frames[0].body.size() == topic.size());
    link.feed(command("SUBSCRIBE", topic + "t"));
    CHECK(link.status == SF_TOO_LARGE);
    CHECK(link.need == 0);
}
