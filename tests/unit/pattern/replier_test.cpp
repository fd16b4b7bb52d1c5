#include "conversation_frames.hpp"
#include "pattern/replier.hpp"

#include <doctest/doctest.h>

using namespace spaceframe::pattern;
using namespace conversation_test;

namespace
{

constexpr PeerId client{1, 2};
const Conversation::Clock::time_point now{};

Arrival arrive(Replier& replier, const Texts& texts)
{
    const WholeMessage message(texts);
    return replier.arrived(client, message.frames());
}

Texts receive(Replier& replier, PeerId from, const Texts& texts)
{
    spaceframe::memory::FrameRing ring;
    WholeMessage(texts).move_to(ring);
    replier.received(from, ring);
    return texts_of(ring);
}

} // namespace

TEST_CASE("a reply follows each request")
{
    Replier replier;
    CHECK(replier.may_send(now) == Turn::wrong_state);
    for (std::uint32_t epoch = 1; epoch <= 3; ++epoch)
    {
        CAPTURE(epoch);
        const PeerId from{5, epoch};
        CHECK(replier.may_receive(now) == Turn::go);
        CHECK(receive(replier, from, {"", "request"}) == Texts{"request"});
        CHECK(replier.may_receive(now) == Turn::wrong_state);
        CHECK(replier.may_send(now) == Turn::go);
        CHECK(replier.partner() == from);
        replier.sent(from, now);
        CHECK(replier.may_send(now) == Turn::wrong_state);
        CHECK(replier.partner() == PeerId{});
        CHECK(replier.envelope_size() == 0);
    }
    CHECK(replier.deadline() == Conversation::Clock::time_point::max());
}

TEST_CASE("the envelope is everything up to the first empty frame, and the reply bears it")
{
    Replier replier;
    CHECK(receive(replier, client, {"client", "proxy", "", "head", "", "tail"}) == Texts{"head", "", "tail"});
    CHECK(envelope_of(replier) == Texts{"client", "proxy", ""});
    replier.sent(client, now);
    CHECK(receive(replier, client, {"", ""}) == Texts{""});
    CHECK(envelope_of(replier) == Texts{""});
}

TEST_CASE("only the first of two messages is received at a time")
{
    Replier replier;
    spaceframe::memory::FrameRing ring;
    WholeMessage({"", "first"}).move_to(ring);
    WholeMessage({"a", "", "second"}).move_to(ring);
    replier.received(client, ring);
    CHECK(texts_of(ring) == Texts{"first", "a", "", "second"});
}

TEST_CASE("a request without an empty frame, or with nothing behind it, is malformed")
{
    Replier replier;
    for (const Texts& texts : {Texts{"request"}, Texts{""}, Texts{"a", "b"}, Texts{"a", "b", ""}})
    {
        CHECK(arrive(replier, texts) == Arrival::malformed);
    }
    for (const Texts& texts : {Texts{"", "x"}, Texts{"", ""}, Texts{"a", "", "x"}, Texts{"a", "", "x", ""}})
    {
        CHECK(arrive(replier, texts) == Arrival::accepted);
    }
}

TEST_CASE("requests that come while one is being answered are welcome")
{
    Replier replier;
    receive(replier, client, {"", "request"});
    CHECK(arrive(replier, {"", "the next"}) == Arrival::accepted);
}
