#include "link.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace zmtp_test;

TEST_CASE("a peer that sends its major version only after our signature is not kept waiting")
{
    Link link;
    link.feed(greeting(3, 1).substr(0, 10));
    CHECK(link.sent.size() >= 11);
}

TEST_CASE("who dialled sends READY with the rest of the greeting")
{
    Config config;
    config.accepted = false;
    Link link(config);
    link.feed(greeting(3, 1).substr(0, 11));
    CHECK(link.take_sent() == greeting(3, 1) + ready("DEALER", ""));
}

TEST_CASE("who accepted sends READY after the verdict")
{
    Link link;
    link.feed(greeting(3, 1));
    CHECK(link.take_sent() == greeting(3, 1));
    link.feed(ready("ROUTER"));
    CHECK(link.is_ready);
    CHECK(link.take_sent() == ready("DEALER", ""));
}

TEST_CASE("two sessions that face each other become ready")
{
    for (const bool both_dialled : {false, true})
    {
        CAPTURE(both_dialled);
        Config accepted;
        accepted.accepted = !both_dialled;
        Config dialled;
        dialled.accepted = false;
        Link left(accepted);
        Link right(dialled);
        while (!left.sent.empty() || !right.sent.empty())
        {
            right.feed(left.take_sent());
            left.feed(right.take_sent());
        }
        CHECK(left.is_ready);
        CHECK(right.is_ready);
        CHECK(left.version == "ZMTP 3.1");
    }
}

TEST_CASE("a reason that is too long for an ERROR command is cut")
{
    Config config;
    config.verdict = SF_REFUSED;
    config.refusal = std::string(1000, 'r');
    Link link(config);
    link.feed(greeting(3, 1) + ready("PUB"));
    CHECK(link.sent == greeting(3, 1) + command("ERROR", bytes({248}) + std::string(248, 'r')));
}

TEST_CASE("an ERROR command of the peer is reported with its reason")
{
    Config config;
    config.accepted = false;
    Link link(config);
    link.feed(greeting(3, 1) + command("ERROR", bytes({7}) + "go away"));
    REQUIRE(link.peer_error);
    CHECK(*link.peer_error == "go away");
    CHECK(link.status == SF_REFUSED);

    Link late;
    complete(late, "ROUTER");
    late.feed(frame("first") + command("ERROR", bytes({4}) + "late"));
    CHECK(late.frames.size() == 1);
    REQUIRE(late.peer_error);
    CHECK(*late.peer_error == "late");
}

TEST_CASE("of an ERROR only what prints is reported, and an empty one says that it is")
{
    Link link;
    link.feed(greeting(3, 1) + command("ERROR", bytes({9}) + "a\r\n\x1B[2J\x80\x7F"));
    REQUIRE(link.peer_error);
    CHECK(*link.peer_error == "a???[2J??");

    Link late;
    complete(late, "ROUTER");
    late.feed(command("ERROR", bytes({3, 0, 10, 'x'})));
    REQUIRE(late.peer_error);
    CHECK(*late.peer_error == "??x");

    Link longest;
    longest.feed(greeting(3, 1) + command("ERROR", bytes({255}) + std::string(255, 'r')));
    REQUIRE(longest.peer_error);
    CHECK(*longest.peer_error == std::string(255, 'r'));

    Link silent;
    silent.feed(greeting(3, 1) + command("ERROR", bytes({0})));
    REQUIRE(silent.peer_error);
    CHECK(*silent.peer_error == "it gave no reason");
}

TEST_CASE("READY names our pattern, and our identity where the pattern announces one")
{
    Config config;
    config.identity = "me";
    Link with(config);
    with.feed(greeting(3, 1) + ready("ROUTER"));
    CHECK(with.sent == greeting(3, 1) + ready("DEALER", "me"));

    config.send_identity = false;
    config.socket_type = "PULL";
    Link without(config);
    without.feed(greeting(3, 1) + ready("PUSH"));
    CHECK(without.sent == greeting(3, 1) + ready("PULL"));
}

TEST_CASE("names of properties are compared without regard to case, and unknown ones are read over")
{
    Link link;
    link.feed(greeting(3, 1) +
              command("READY", property("X-Colour", "red") + property("socket-TYPE", "DEALER") +
                                   property("IDENTITY", "id") + property("Resource", "")));
    CHECK(link.socket_type == "DEALER");
    CHECK(link.identity == "id");
}

TEST_CASE("a peer that does not say its pattern is shown as such")
{
    Link link;
    link.feed(greeting(3, 1) + command("READY"));
    CHECK(link.asked);
    CHECK(link.socket_type.empty());
}

TEST_CASE("a handshake that takes longer than handshake_ivl times out")
{
    Config config;
    config.settings.handshake_ivl = 100 * millisecond;
    Link link(config);
    link.tick();
    CHECK(link.next_tick == link.now + 100 * millisecond);
    link.feed(greeting(3, 1));
    link.now += 99 * millisecond;
    link.tick();
    CHECK(link.status == SF_OK);
    link.now += 1 * millisecond;
    link.tick();
    CHECK(link.status == SF_TIMED_OUT);
    CHECK(link.error().find("handshake_ivl") != std::string::npos);
}

TEST_CASE("a handshake without handshake_ivl has no deadline, and neither has a session that is ready")
{
    for (const sf_time none : {sf_time{0}, SF_NEVER})
    {
        Config config;
        config.settings.handshake_ivl = none;
        Link link(config);
        link.tick();
        CHECK(link.next_tick == SF_NEVER);
    }
    Link link;
    complete(link, "ROUTER");
    link.tick();
    CHECK(link.next_tick == SF_NEVER);
}

TEST_CASE("an identity of ours that ZMTP cannot say is refused at once")
{
    Config config;
    config.identity = std::string(256, 'i');
    CHECK_THROWS_AS(Link{config}, spaceframe::plugin::Error);
}
