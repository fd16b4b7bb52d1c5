#include "link.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zmtp_test;

// Each of these has broken another implementation.

TEST_CASE("trap: a length of 2^63 is refused before anything is computed from it")
{
    for (const std::uint64_t length : {std::uint64_t{1} << 63U, UINT64_MAX, UINT64_MAX - 8})
    {
        CAPTURE(length);
        Link link;
        complete(link, "ROUTER");
        link.feed(bytes({2}) + big_endian(length, 8) + "abc");
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.need == 0);

        Link early;
        early.feed(greeting(3, 1) + bytes({6}) + big_endian(length, 8));
        CHECK(early.status == SF_TOO_LARGE);
    }
}

TEST_CASE("trap: the largest length that ZMTP can say overflows nothing")
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

TEST_CASE("trap: max_message_size counts all frames of a message together")
{
    Config config;
    config.max_message_size = 10;
    Link link(config);
    complete(link, "ROUTER");
    link.feed(frame("12345", 1) + frame("67890") + frame("1234567890") + frame("12345", 1));
    CHECK(link.status == SF_OK);
    CHECK(link.frames.size() == 4);
    link.feed(bytes({0, 6}));
    CHECK(link.status == SF_TOO_LARGE);
    CHECK(link.error().find("max_message_size") != std::string::npos);
}

TEST_CASE("trap: a message of more frames than max_frames is refused, however small they are")
{
    Config config;
    config.max_frames = 3;
    Link link(config);
    complete(link, "ROUTER");
    link.feed(frame("", 1) + frame("", 1) + frame("") + frame("", 1) + frame("", 1) + frame("", 1));
    CHECK(link.status == SF_OK);
    link.feed(frame(""));
    CHECK(link.status == SF_TOO_LARGE);
    CHECK(link.error().find("max_frames") != std::string::npos);
}

TEST_CASE("trap: what came before a mistake is delivered before the mistake is reported")
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

TEST_CASE("trap: half a greeting waits for its deadline, and no longer")
{
    Link link;
    link.feed(greeting(3, 1).substr(0, 32));
    CHECK(link.status == SF_OK);
    CHECK_FALSE(link.asked);
    link.now += 30 * second;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
}

TEST_CASE("trap: nothing at all waits for its deadline, and no longer")
{
    Link link;
    link.now += 30 * second;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
}

TEST_CASE("trap: an HTTP request is refused at its first byte")
{
    Link link;
    link.feed("G");
    CHECK(link.status == SF_PROTOCOL);
    CHECK(link.error().find("0x47") != std::string::npos);
    CHECK(link.need == 0);
}

TEST_CASE("trap: fb 18 ff ff fb 1f ff fb 20 costs a connection, not a gigabyte")
{
    Link link;
    link.feed(bytes({0xFB, 0x18, 0xFF, 0xFF, 0xFB, 0x1F, 0xFF, 0xFB, 0x20}));
    CHECK(link.status == SF_PROTOCOL);
    CHECK(link.need == 0);
}

TEST_CASE("trap: metadata that reaches beyond its command is refused")
{
    const std::string good = property("Socket-Type", "ROUTER");
    for (std::size_t cut = 1; cut != good.size(); ++cut)
    {
        CAPTURE(cut);
        Link link;
        link.feed(greeting(3, 1) + command("READY", good.substr(0, cut)));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.asked);
    }
    for (const std::uint64_t length : {0x7FFFFFFFULL, 0x80000000ULL, 0xFFFFFFFFULL})
    {
        CAPTURE(length);
        Link link;
        link.feed(greeting(3, 1) + command("READY", bytes({1}) + "X" + big_endian(length, 4) + "value"));
        CHECK(link.status == SF_PROTOCOL);
    }
}

TEST_CASE("trap: metadata has an upper bound, which is checked before it is awaited")
{
    Link link;
    link.feed(greeting(3, 1) + bytes({6}) + big_endian(1'000'000, 8));
    CHECK(link.status == SF_TOO_LARGE);

    Link large;
    large.feed(greeting(3, 1) + command("READY", property("X-Note", std::string(16'000, 'n')) +
                                                     property("Socket-Type", "ROUTER")));
    CHECK(large.is_ready);
}

TEST_CASE("trap: a property without a name is refused")
{
    Link link;
    link.feed(greeting(3, 1) + command("READY", bytes({0, 0, 0, 0, 1}) + "v"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: a property that counts, given twice, is refused")
{
    Link link;
    link.feed(greeting(3, 1) +
              command("READY", property("Socket-Type", "PUSH") + property("socket-type", "ROUTER")));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: a Socket-Type with bytes that do not print is refused")
{
    Link link;
    link.feed(greeting(3, 1) + ready("DEAL\nER"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: READY with a trailing byte is refused")
{
    Link link;
    link.feed(greeting(3, 1) + command("READY", property("Socket-Type", "ROUTER") + "x"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: a command with MORE is refused, in the handshake and after it")
{
    Link early;
    early.feed(greeting(3, 1) + frame(bytes({5}) + "READY", 5));
    CHECK(early.status == SF_PROTOCOL);

    Link active;
    complete(active, "ROUTER");
    active.feed(frame(bytes({4}) + "PING" + bytes({0, 0}), 5));
    CHECK(active.status == SF_PROTOCOL);
}

TEST_CASE("trap: an unknown command is refused in the handshake and ignored after it")
{
    Link early;
    early.feed(greeting(3, 1) + command("HELLO", "x"));
    CHECK(early.status == SF_PROTOCOL);
    CHECK(early.error().find("HELLO") != std::string::npos);

    Link active;
    complete(active, "ROUTER");
    active.feed(command("HELLO", "x") + command("READY") + frame("data"));
    CHECK(active.status == SF_OK);
    CHECK(active.frames.size() == 1);
    CHECK(active.take_sent().empty());
}

TEST_CASE("trap: a message before READY is refused")
{
    Link link;
    link.feed(greeting(3, 1) + frame("data"));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: a command whose name ends beyond it, or is empty, is refused")
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

TEST_CASE("trap: reserved flags are refused, in the handshake and after it")
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

TEST_CASE("trap: the length of a PING is checked before it is read")
{
    for (const std::size_t length : {0U, 1U, 19U, 200U})
    {
        CAPTURE(length);
        Link link;
        complete(link, "ROUTER");
        link.feed(command("PING", std::string(length, '\0')));
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.take_sent().empty());
    }
}

TEST_CASE("trap: an ERROR whose reason ends beyond it is refused")
{
    for (const std::string& data : {bytes({}), bytes({5}) + "four"})
    {
        Link link;
        link.feed(greeting(3, 1) + command("ERROR", data));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.peer_error);
    }
}

TEST_CASE("trap: an identity of more than 255 bytes is refused")
{
    Link link;
    link.feed(greeting(3, 1) + ready("DEALER", std::string(256, 'i')));
    CHECK(link.status == SF_PROTOCOL);
    CHECK_FALSE(link.asked);
}

TEST_CASE("trap: an identity that starts with a zero byte is refused")
{
    Link link;
    link.feed(greeting(3, 1) + ready("DEALER", bytes({0, 1, 2, 3, 4})));
    CHECK(link.status == SF_PROTOCOL);
}

TEST_CASE("trap: a very long topic costs no stack, and is bounded by max_message_size")
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

TEST_CASE("trap: a topic is bounded by max_message_size however small that is")
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

TEST_CASE("trap: a command that is no subscription is bounded whatever max_message_size says")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(bytes({6}) + big_endian(1'000'000, 8));
    CHECK(link.status == SF_TOO_LARGE);
}
