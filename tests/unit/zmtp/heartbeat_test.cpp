#include "link.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zmtp_test;

namespace
{

Config beating()
{
    Config config;
    config.settings.heartbeat_ivl = 100 * millisecond;
    config.settings.heartbeat_timeout = 250 * millisecond;
    config.settings.heartbeat_ttl = 1250 * millisecond;
    return config;
}

} // namespace

TEST_CASE("a PING goes out once every heartbeat_ivl, with our TTL in tenths of a second, rounded up")
{
    Link link(beating());
    complete(link, "ROUTER");
    link.tick();
    CHECK(link.next_tick == link.now + 100 * millisecond);
    CHECK(link.take_sent().empty());
    for (int i = 0; i != 3; ++i)
    {
        link.now += 100 * millisecond;
        link.feed(command("PONG"));
        link.tick();
        CHECK(link.status == SF_OK);
        CHECK(link.take_sent() == command("PING", bytes({0, 13})));
    }
}

TEST_CASE("heartbeat_timeout 0 means heartbeat_ivl")
{
    Config config = beating();
    config.settings.heartbeat_timeout = 0;
    Link link(config);
    complete(link, "ROUTER");
    link.now += 100 * millisecond;
    link.tick();
    CHECK(link.status == SF_OK);
    link.now += 100 * millisecond;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
}

TEST_CASE("no PING goes to a peer of ZMTP 3.0, which does not know it")
{
    Link link(beating());
    complete(link, "ROUTER", 0);
    link.tick();
    CHECK(link.next_tick == SF_NEVER);
}

TEST_CASE("more PINGs than there is room for answers are answered in several calls")
{
    Link link;
    complete(link, "ROUTER");
    std::string wire;
    std::string expected;
    for (int i = 0; i != 500; ++i)
    {
        wire += command("PING", bytes({0, 0}) + std::to_string(i));
        expected += command("PONG", std::to_string(i));
    }
    link.feed(wire);
    CHECK(link.take_sent() == expected);
}

TEST_CASE("a PING with TTL 0 lifts the limit")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(command("PING", bytes({0, 5})) + command("PING", bytes({0, 0})));
    link.tick();
    CHECK(link.next_tick == SF_NEVER);
}

TEST_CASE("trap: the length of a PING is checked first")
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

TEST_CASE("trap: the context of a PING, up to 16 bytes, is echoed in PONG")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(command("PING", bytes({0, 0}) + "0123456789abcdef"));
    CHECK(link.take_sent() == command("PONG", "0123456789abcdef"));
}

TEST_CASE("trap: the TTL of a PING is in tenths of a second")
{
    Link link;
    complete(link, "ROUTER");
    link.feed(command("PING", bytes({0, 5})));
    link.tick();
    CHECK(link.next_tick == link.now + 500 * millisecond);
    link.now += 400 * millisecond;
    link.feed(frame("life"));
    link.tick();
    CHECK(link.next_tick == link.now + 500 * millisecond);
    link.now += 500 * millisecond;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
}

TEST_CASE("trap: any traffic counts as life")
{
    Link link(beating());
    complete(link, "ROUTER");
    link.now += 100 * millisecond;
    link.tick();
    link.now += 249 * millisecond;
    link.tick();
    CHECK(link.status == SF_OK);
    // Half a header is a sign of life.
    link.feed(bytes({2}));
    link.now += 1 * millisecond;
    link.tick();
    CHECK(link.status == SF_OK);
    link.now = link.next_tick;
    link.tick();
    link.now += 250 * millisecond;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
}
