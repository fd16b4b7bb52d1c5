#include "link.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

using namespace zmtp_test;

// Peers of ZMTP 2.0 (RFC 15).

namespace
{

constexpr std::array<const char*, 11> socket_types = {"PAIR",   "PUB",  "SUB",  "REQ",  "REP", "DEALER",
                                                      "ROUTER", "PULL", "PUSH", "XPUB", "XSUB"};

const std::string our_opening = greeting(3, 1).substr(0, 11);

} // namespace

TEST_CASE("2.0: a peer is heard to its end, and told our pattern and identity at once")
{
    for (const bool accepted : {false, true})
    {
        for (const int revision : {1, 2})
        {
            CAPTURE(accepted);
            CAPTURE(revision);
            Config config;
            config.accepted = accepted;
            config.identity = "me";
            Link link(config);
            CHECK(link.take_sent() == our_opening);
            // It waits for our pattern before it says who it is.
            link.feed(greeting_2(6, "", revision).substr(0, 11));
            CHECK(link.take_sent() == bytes({5, 0, 2}) + "me");
            CHECK_FALSE(link.asked);
            link.feed(greeting_2(6, "you", revision).substr(11));
            CHECK(link.is_ready);
            CHECK(link.version == "ZMTP 2.0");
            CHECK(link.socket_type == "ROUTER");
            CHECK(link.identity == "you");
            CHECK(link.take_sent().empty());
        }
    }
}

TEST_CASE("2.0: greeting and traffic in one segment, or byte by byte, come out whole")
{
    const std::string wire = greeting_2(5, std::string(255, 'i')) + frame("a", 1) +
                             frame(std::string(300, 'b')) + frame("") + frame(bytes({1}) + "no subscription");
    const std::vector<ReceivedFrame> expected{
        {"a", SF_FRAME_MORE}, {std::string(300, 'b'), 0}, {"", 0}, {bytes({1}) + "no subscription", 0}};
    for (const std::size_t piece : {std::size_t{1}, std::size_t{2}, std::size_t{7}, wire.size()})
    {
        CAPTURE(piece);
        Link link;
        for (std::size_t at = 0; at < wire.size(); at += piece)
        {
            link.feed(wire.substr(at, piece));
        }
        CHECK(link.identity == std::string(255, 'i'));
        CHECK(link.frames == expected);
        CHECK(link.left() == 0);
        CHECK(link.sent == our_opening + bytes({5, 0, 0}));
    }
}

TEST_CASE("2.0: every pattern has its number, both ways")
{
    for (std::size_t number = 0; number != socket_types.size(); ++number)
    {
        CAPTURE(socket_types[number]);
        Config config;
        config.socket_type = socket_types[number];
        config.send_identity = false;
        config.identity = "not said";
        Link link(config);
        link.feed(greeting_2(static_cast<int>(number)));
        CHECK(link.is_ready);
        CHECK(link.socket_type == socket_types[number]);
        // An XPUB passes as a PUB and an XSUB as a SUB.
        const int said = number == 9 ? 1 : number == 10 ? 2 : static_cast<int>(number);
        CHECK(link.sent == our_opening + bytes({said, 0, 0}));
    }
}

TEST_CASE("2.0: a peer with an unknown pattern is refused by its number")
{
    for (const int number : {11, 12, 255})
    {
        CAPTURE(number);
        Link link;
        link.feed(greeting_2(0).substr(0, 11) + bytes({number}));
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.error().find(std::to_string(number)) != std::string::npos);
        CHECK_FALSE(link.asked);
    }
}

TEST_CASE("2.0: a pattern of ours that has no number is a reason to end the session")
{
    Config config;
    config.socket_type = "GOSSIP";
    Link link(config);
    link.feed(greeting_2(0));
    CHECK(link.status == SF_PROTOCOL);
    CHECK(link.error().find("ZMTP 2.0") != std::string::npos);
    CHECK(link.sent == our_opening);
}

TEST_CASE("2.0: an identity in a frame with flags is refused as soon as they are seen")
{
    for (const int flags : {1, 2, 4, 0x80})
    {
        CAPTURE(flags);
        Link link;
        link.feed(greeting_2(6).substr(0, 12) + bytes({flags}));
        CHECK(link.status == SF_PROTOCOL);
        CHECK_FALSE(link.asked);
    }
}

TEST_CASE("2.0: identities count from REQ, DEALER and ROUTER only, and do not start with zero")
{
    for (std::size_t number = 0; number != socket_types.size(); ++number)
    {
        CAPTURE(socket_types[number]);
        const bool counts = number == 3 || number == 5 || number == 6;
        Link named;
        named.feed(greeting_2(static_cast<int>(number), "name"));
        CHECK(named.is_ready);
        CHECK(named.identity == (counts ? "name" : ""));

        Link reserved;
        reserved.feed(greeting_2(static_cast<int>(number), bytes({0, 1, 2, 3, 4})));
        CHECK(reserved.status == (counts ? SF_PROTOCOL : SF_OK));
        CHECK(reserved.identity.empty());
    }
}

TEST_CASE("2.0: a refusal ends the session without a word, because there is none")
{
    Config config;
    config.verdict = SF_REFUSED;
    Link link(config);
    link.feed(greeting_2(2) + frame("data"));
    CHECK(link.asked);
    CHECK(link.status == SF_REFUSED);
    CHECK_FALSE(link.is_ready);
    CHECK(link.frames.empty());
    CHECK(link.sent == our_opening + bytes({5, 0, 0}));
}

TEST_CASE("2.0: there are no commands")
{
    for (const std::string& wire :
         {command("PING", bytes({0, 0})), command("SUBSCRIBE", "a"), command("READY"), frame("", 5)})
    {
        Link link;
        complete_2(link, 2);
        link.feed(frame("data") + wire);
        CHECK(link.frames.size() == 1);
        CHECK(link.status == SF_PROTOCOL);
        CHECK(link.error().find("ZMTP 2.0") != std::string::npos);
        CHECK(link.take_sent().empty());
    }
}

TEST_CASE("2.0: no PING goes out, whatever heartbeat_ivl says")
{
    Config config;
    config.settings.heartbeat_ivl = 100 * millisecond;
    Link link(config);
    complete_2(link, 6);
    link.tick();
    CHECK(link.next_tick == SF_NEVER);
    CHECK(link.take_sent().empty());
}

TEST_CASE("2.0: subscriptions are messages, both ways")
{
    for (const int type : {2, 10})
    {
        CAPTURE(type);
        Config config;
        config.socket_type = "XPUB";
        Link link(config);
        complete_2(link, type);
        link.feed(frame(bytes({1}) + "a") + frame(bytes({0}) + "a") + frame(bytes({1})));
        CHECK(link.frames == std::vector<ReceivedFrame>{{"a", SF_FRAME_SUBSCRIBE},
                                                        {"a", SF_FRAME_CANCEL},
                                                        {"", SF_FRAME_SUBSCRIBE}});
    }

    Config config;
    config.socket_type = "SUB";
    config.send_subscriptions = true;
    Link link(config);
    complete_2(link, 1);
    std::array<std::uint8_t, 32> block{};
    const std::string_view topic = "topic";
    const sf_bytes wanted{reinterpret_cast<const std::uint8_t*>(topic.data()), topic.size()};
    sf_output output{block.data(), block.size(), 0};
    CHECK(link.session().subscribe(wanted, output) == SF_OK);
    CHECK(link.session().cancel(wanted, output) == SF_OK);
    CHECK(std::string(block.begin(), block.begin() + static_cast<std::ptrdiff_t>(output.length)) ==
          frame(bytes({1}) + "topic") + frame(bytes({0}) + "topic"));
}

TEST_CASE("2.0: a peer that stops in its greeting is given up at handshake_ivl")
{
    for (const std::size_t length : {11U, 12U, 13U, 15U})
    {
        CAPTURE(length);
        Link link;
        link.feed(greeting_2(6, "abcdef").substr(0, length));
        CHECK(link.status == SF_OK);
        CHECK_FALSE(link.asked);
        link.now += 30 * second;
        link.tick();
        CHECK(link.status == SF_TIMED_OUT);
    }
}
