#include "link.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zmtp_test;

// What peers get wrong, beside the traps.

TEST_CASE("the largest length that ZMTP can say overflows nothing")
{
    Link unlimited;
    complete(unlimited, "ROUTER");
    unlimited.feed(bytes({3, 0, 0, 0, 0, 0, 0, 0, 0}));
    unlimited.feed(bytes({2}) + big_endian(UINT64_MAX >> 1U, 8));
    CHECK(unlimited.status == SF_OK);
    CHECK(unlimited.need == (SIZE_MAX >> 1U) + 9);

    Config config;
    config.max_message_size = 1'000'000;
    Link limited(config);
    complete(limited, "ROUTER");
    limited.feed(bytes({2}) + big_endian(UINT64_MAX >> 1U, 8));
    CHECK(limited.status == SF_TOO_LARGE);
}

TEST_CASE("what came before a mistake is delivered before the mistake is reported")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(frame("good") + bytes({0x40, 0}));
    CHECK(link.frames.size() == 1);
    CHECK(link.status == SF_PROTOCOL);
    link.status = SF_OK;
    link.feed(frame("more"));
    CHECK(link.status == SF_PROTOCOL);
    CHECK(link.frames.size() == 1);
}

TEST_CASE("a property without a name is refused")
{
    Link link;
    link.feed(greeting(3, 1) + command("READY", bytes({0, 0, 0, 0, 1}) + "v"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("a property that counts, given twice, is refused")
{
    Link link;
    link.feed(greeting(3, 1) +
              command("READY", property("Socket-Type", "PUSH") + property("socket-type", "ROUTER")));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("a Socket-Type with bytes that do not print is refused")
{
    Link link;
    link.feed(greeting(3, 1) + ready("DEAL\nER"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("a message before READY is refused")
{
    Link link;
    link.feed(greeting(3, 1) + frame("data"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("a command whose name ends beyond it, or is empty, is refused")
{
    for (const std::string& body : {bytes({}), bytes({0}), bytes({5}) + "PING"})
    {
        Link early;
        early.feed(greeting(3, 1) + frame(body, 4));
        CHECK(early.status == SF_PROTOCOL);

        Link active;
        complete(active, "ROUTER");
        active.feed(frame(body, 4));
        CHECK(active.status == SF_PROTOCOL);
    }
}

TEST_CASE("reserved flags are refused, in the handshake and after it")
{
    for (int bit = 3; bit != 8; ++bit)
    {
        CAPTURE(bit);
        Link early;
        early.feed(greeting(3, 1) + bytes({4 | 1 << bit}));
        CHECK(early.status == SF_PROTOCOL);

        Link active;
        complete(active, "ROUTER");
        active.feed(bytes({1 << bit}));
        CHECK(active.status == SF_PROTOCOL);
    }
}

TEST_CASE("an ERROR whose reason ends beyond it is refused")
{
    for (const std::string& data : {bytes({}), bytes({5}) + "four"})
    {
        Link link;
        link.feed(greeting(3, 1) + command("ERROR", data));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.peer_error);
    }
}

TEST_CASE("a topic is bounded by max_message_size however small that is")
{
    Config config;
    config.socket_type = "XPUB";
    config.max_message_size = 5;
    Link link(config);
    complete(link, "SUB");
    link.feed(command("SUBSCRIBE", "12345") + command("PING", bytes({0, 0}) + "context"));
    CHECK(link.status == SF_OK);
    CHECK(link.frames.size() == 1);
    link.feed(command("SUBSCRIBE", "123456"));
    CHECK(link.status == SF_TOO_LARGE);
}

TEST_CASE("a command that is no subscription is bounded whatever max_message_size says")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(bytes({6}) + big_endian(1'000'000, 8));
    CHECK(link.status == SF_TOO_LARGE);
}
