#include "link.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace zmtp_test;

namespace
{

// A subscriber of ZMTP 3.1 that pings, subscribes in both encodings and sends messages of all kinds.
std::string dialogue()
{
    return greeting(3, 1) + ready("XSUB") + frame("\x01old style") + command("SUBSCRIBE", "new style") +
           command("PING", bytes({0, 100}) + "context") + frame("one", 1) + command("PING", bytes({0, 0})) +
           frame("two", 1) + frame(std::string(300, 'x')) + frame(bytes({0}) + "old style") +
           command("UNKNOWN", "data") + command("CANCEL", std::string(400, 't')) + frame("") +
           frame("2 is data") + bytes({2}) + big_endian(2, 8) + "ab";
}

struct Outcome
{
    std::vector<ReceivedFrame> frames;
    std::string sent;
    std::string socket_type;

    bool operator==(const Outcome&) const = default;
};

Outcome play(const std::vector<std::string>& parts)
{
    Config config;
    config.socket_type = "XPUB";
    config.send_identity = false;
    Link link(config);
    for (const std::string& part : parts)
    {
        link.feed(part);
        REQUIRE(link.status == SF_OK);
    }
    CHECK(link.left() == 0);
    return {link.frames, link.sent, link.socket_type};
}

const std::vector<ReceivedFrame> expected_frames = {
    {"old style", SF_FRAME_SUBSCRIBE},
    {"new style", SF_FRAME_SUBSCRIBE},
    {"one", SF_FRAME_MORE},
    {"two", SF_FRAME_MORE},
    {std::string(300, 'x'), 0},
    {"old style", SF_FRAME_CANCEL},
    {std::string(400, 't'), SF_FRAME_CANCEL},
    {"", 0},
    {"2 is data", 0},
    {"ab", 0},
};

} // namespace

TEST_CASE("a dialogue in one segment, with READY and traffic behind the greeting, comes out whole")
{
    const Outcome outcome = play({dialogue()});
    CHECK(outcome.frames == expected_frames);
    CHECK(outcome.socket_type == "XSUB");
    CHECK(outcome.sent == greeting(3, 1) + ready("XPUB") + command("PONG", "context") + command("PONG"));
}

TEST_CASE("a dialogue byte by byte gives the same")
{
    std::vector<std::string> parts;
    for (const char byte : dialogue())
    {
        parts.emplace_back(1, byte);
    }
    CHECK(play(parts) == play({dialogue()}));
}

TEST_CASE("a dialogue cut in two at any place gives the same")
{
    const std::string whole = dialogue();
    const Outcome expected = play({whole});
    for (std::size_t cut = 1; cut != whole.size(); ++cut)
    {
        CAPTURE(cut);
        REQUIRE(play({whole.substr(0, cut), whole.substr(cut)}) == expected);
    }
}
