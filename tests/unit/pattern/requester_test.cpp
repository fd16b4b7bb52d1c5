#include "conversation_frames.hpp"
#include "pattern/requester.hpp"

#include <doctest/doctest.h>

using namespace spaceframe::pattern;
using namespace conversation_test;
using namespace std::chrono_literals;

namespace
{

using Time = Conversation::Clock::time_point;

constexpr PeerId server{3, 7};
constexpr PeerId other{4, 8};
const Time now{1000s};

Arrival arrive(Requester& requester, PeerId from, const Texts& texts)
{
    const WholeMessage message(texts);
    return requester.arrived(from, message.frames());
}

Texts receive(Requester& requester, PeerId from, const Texts& texts)
{
    spaceframe::memory::FrameRing ring;
    WholeMessage(texts).move_to(ring);
    requester.received(from, ring);
    return texts_of(ring);
}

} // namespace

TEST_CASE("a request and its reply alternate")
{
    Requester requester({}, 1);
    CHECK(requester.may_receive(now) == Turn::wrong_state);
    for (int round = 0; round < 3; ++round)
    {
        CAPTURE(round);
        CHECK(requester.may_send(now) == Turn::go);
        requester.sent(server, now);
        CHECK(requester.partner() == server);
        CHECK(requester.may_send(now) == Turn::wrong_state);
        CHECK(requester.may_receive(now) == Turn::wait);
        CHECK(arrive(requester, server, {"", "reply"}) == Arrival::accepted);
        CHECK(requester.may_send(now) == Turn::wrong_state);
        CHECK(requester.may_receive(now) == Turn::go);
        CHECK(receive(requester, server, {"", "reply", ""}) == Texts{"reply", ""});
        CHECK(requester.partner() == PeerId{});
        CHECK(requester.may_receive(now) == Turn::wrong_state);
    }
}

TEST_CASE("an empty frame goes before a request")
{
    const Requester requester({}, 1);
    CHECK(envelope_of(requester) == Texts{""});
}

TEST_CASE("only the peer that was asked answers, and once")
{
    Requester requester({}, 1);
    CHECK(arrive(requester, server, {"", "unasked"}) == Arrival::unexpected);
    requester.sent(server, now);
    CHECK(arrive(requester, other, {"", "not asked"}) == Arrival::unexpected);
    CHECK(arrive(requester, {server.index, server.epoch + 1}, {"", "come back"}) == Arrival::unexpected);
    CHECK(arrive(requester, server, {"", "reply"}) == Arrival::accepted);
    CHECK(arrive(requester, server, {"", "again"}) == Arrival::unexpected);
}

TEST_CASE("a reply without the empty frame, or with nothing behind it, is malformed")
{
    Requester requester({}, 1);
    requester.sent(server, now);
    for (const Texts& texts : {Texts{"reply"}, Texts{""}, Texts{"x", "", "reply"}})
    {
        CHECK(arrive(requester, server, texts) == Arrival::malformed);
    }
    CHECK(requester.may_receive(now) == Turn::wait);
    CHECK(arrive(requester, server, {"", "reply"}) == Arrival::accepted);
}

TEST_CASE("with correlation each request has a name, and its reply bears it")
{
    Requester requester({.correlate = true}, 0xFFFFFFFFU);
    CHECK(envelope_of(requester) == Texts{"\xFF\xFF\xFF\xFF", ""});
    requester.sent(server, now);
    const Texts next = envelope_of(requester);
    CHECK(next == Texts{std::string(4, '\0'), ""});
    CHECK(arrive(requester, server, {next[0], "", "another's"}) == Arrival::unexpected);
    CHECK(arrive(requester, server, {"\xFF\xFF\xFF\xFF", "", "reply"}) == Arrival::accepted);
    CHECK(receive(requester, server, {"\xFF\xFF\xFF\xFF", "", "reply"}) == Texts{"reply"});
}

TEST_CASE("with correlation a reply without a whole name is malformed")
{
    Requester requester({.correlate = true}, 0x41424344);
    requester.sent(server, now);
    for (const Texts& texts : {Texts{"", "reply"}, Texts{"ABC", "", "reply"}, Texts{"ABCDE", "", "reply"},
                               Texts{"ABCD"}, Texts{"ABCD", ""}, Texts{"ABCD", "reply"}})
    {
        CAPTURE(texts.front());
        CAPTURE(texts.size());
        CHECK(arrive(requester, server, texts) == Arrival::malformed);
    }
    CHECK(arrive(requester, server, {"ABCD", "", "reply"}) == Arrival::accepted);
}

TEST_CASE("a relaxed request gives up the one before")
{
    Requester requester({.relaxed = true, .correlate = true}, 0x41414141);
    requester.sent(server, now);
    CHECK(requester.may_send(now) == Turn::go);
    requester.sent(server, now);
    CHECK(arrive(requester, server, {"AAAA", "", "late"}) == Arrival::unexpected);
    CHECK(requester.may_receive(now) == Turn::wait);
    CHECK(arrive(requester, server, {"AAAB", "", "reply"}) == Arrival::accepted);
    CHECK(requester.may_send(now) == Turn::go);
    requester.sent(other, now);
    CHECK(requester.may_receive(now) == Turn::wait);
    CHECK(requester.partner() == other);
}

TEST_CASE("a request that gets no reply in time fails once, and the next can follow")
{
    Requester requester({.timeout = 10ms}, 1);
    CHECK(requester.deadline() == Time::max());
    requester.sent(server, now);
    CHECK(requester.deadline() == now + 10ms);
    CHECK(requester.may_receive(now + 10ms - 1ns) == Turn::wait);
    CHECK(requester.may_receive(now + 10ms) == Turn::request_timed_out);
    CHECK(requester.deadline() == Time::max());
    CHECK(arrive(requester, server, {"", "late"}) == Arrival::unexpected);
    CHECK(requester.may_receive(now + 10ms) == Turn::wrong_state);

    requester.sent(server, now + 20ms);
    CHECK(requester.may_receive(now + 29ms) == Turn::wait);
    CHECK(requester.may_send(now + 29ms) == Turn::wrong_state);
    CHECK(requester.may_send(now + 30ms) == Turn::go);
}

TEST_CASE("a reply that came counts, however late somebody asks for it")
{
    Requester requester({.timeout = 10ms}, 1);
    requester.sent(server, now);
    CHECK(arrive(requester, server, {"", "reply"}) == Arrival::accepted);
    CHECK(requester.may_receive(now + 1h) == Turn::go);
}

TEST_CASE("a timeout beyond the end of time is none")
{
    Requester requester({.timeout = std::chrono::nanoseconds::max() - 1ns}, 1);
    requester.sent(server, now);
    CHECK(requester.deadline() == Time::max());
    CHECK(requester.may_receive(now + 24h) == Turn::wait);
}

TEST_CASE("a request that went with its peer fails once, and the next can follow")
{
    Requester requester({}, 1);
    requester.sent(server, now);
    requester.lost();
    CHECK(requester.may_receive(now) == Turn::request_lost);
    CHECK(requester.may_receive(now) == Turn::wrong_state);
    requester.sent(server, now);
    requester.lost();
    CHECK(requester.may_send(now) == Turn::go);
    requester.sent(other, now);
    CHECK(requester.may_receive(now) == Turn::wait);
}

TEST_CASE("a reply that came before its peer went is still a reply")
{
    Requester requester({}, 1);
    requester.sent(server, now);
    CHECK(arrive(requester, server, {"", "reply"}) == Arrival::accepted);
    requester.lost();
    CHECK(requester.may_receive(now) == Turn::go);
}

TEST_CASE("a request that was not sent yet may change its peer")
{
    Requester requester({}, 1);
    requester.sent(server, now);
    requester.reassigned({});
    CHECK(arrive(requester, server, {"", "late"}) == Arrival::unexpected);
    requester.reassigned(other);
    CHECK(requester.partner() == other);
    CHECK(arrive(requester, other, {"", "reply"}) == Arrival::accepted);
}
