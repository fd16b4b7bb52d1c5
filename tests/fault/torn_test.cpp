// A write that fails leaves whole messages, and perhaps the beginning of one, with nothing behind it.
#include "content.hpp"
#include "trio.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr Manner by_sender{"memp", 0};
constexpr Manner by_driver{"mem", 0};
constexpr Manner by_either{"memp", 1};

// Whatever came of what was sent: of the connections, only the one with the script has ended, once, and
// nothing was written to it any more.
void check_the_end(Trio& trio)
{
    trio.await_end();
    CHECK(trio.reason().find("behind") == std::string::npos);
    CHECK(trio.accepted() == 1);
    CHECK_FALSE(trio.ended(trio.y));
    CHECK(trio.a.ledger().peers == 1);
}

// True when the script tore the connection.
bool spread_messages(Trio& trio, const Sizes& shapes)
{
    // Of each three messages that take turns one is of each shape.
    Sizes sizes;
    for (const auto& shape : shapes)
    {
        sizes.insert(sizes.end(), {shape, shape});
    }
    sizes.insert(sizes.end(), {{4}, {4}});
    std::vector<Frames> sent;
    std::vector<Message> messages;
    for (std::size_t i = 0; i < sizes.size(); ++i)
    {
        messages.push_back(make_message(i, sizes[i]));
        sent.push_back(frames_of(messages.back()));
    }
    error_code error;
    const std::span<Message> batch = std::span(messages).first(6);
    CHECK(trio.a.send_batch(batch, limit, error) == batch.size());
    must_send(trio.a, std::move(messages[6]));
    must_send(trio.a, std::move(messages[7]));

    std::vector<Frames> at_x;
    std::vector<Frames> at_y;
    trio.kernel.await_state(
        [&]
        {
            drain(trio.x, at_x);
            drain(trio.y, at_y);
            return at_x.size() + at_y.size() >= sent.size() && trio.a.ledger().written == sent.size();
        },
        "every message arrives");
    const bool torn = !trio.joined() || trio.a.ledger().restored > 0;
    if (torn)
    {
        check_the_end(trio);
    }
    drain(trio.x, at_x);
    drain(trio.y, at_y);
    // At x in order.
    std::size_t last = 0;
    for (const Frames& message : at_x)
    {
        const auto index = static_cast<std::size_t>(std::ranges::find(sent, message) - sent.begin());
        CHECK(index >= last);
        last = index;
    }
    // At both together each once.
    std::vector<Frames> all = at_x;
    all.insert(all.end(), at_y.begin(), at_y.end());
    CHECK(all.size() == sent.size());
    CHECK(std::ranges::is_permutation(all, sent));
    CHECK(trio.a.ledger().queued == 0);
    return torn;
}

bool spread(Trio& trio)
{
    return spread_messages(trio, three_messages);
}

// Bodies that are written from where they lie.
bool spread_large(Trio& trio)
{
    return spread_messages(trio, {{5, 9000}, {9000, 9000, 1}, {4}});
}

// True when the script tore the connection.
bool tell_everybody(Trio& trio)
{
    const std::string long_topic(256, 't');
    std::vector<Frames> sent;
    std::size_t messages = 0;
    const auto subscribe = [&](const std::string& topic)
    {
        trio.a.subscribe(topic);
        sent.push_back({'\1' + topic});
    };
    const auto send = [&]
    {
        Message message = make_message(messages, three_messages[messages % three_messages.size()]);
        ++messages;
        sent.push_back(frames_of(message));
        must_send(trio.a, std::move(message));
    };
    subscribe("first/");
    send();
    subscribe(long_topic);
    send();
    trio.a.unsubscribe("first/");
    sent.push_back({std::string(1, '\0') + "first/"});
    send();
    subscribe("behind/");
    send();

    std::vector<Frames> at_x;
    std::vector<Frames> at_y;
    trio.kernel.await_state(
        [&]
        {
            drain(trio.x, at_x);
            drain(trio.y, at_y);
            return at_y.size() == sent.size() && (at_x.size() == sent.size() || trio.ended(trio.x));
        },
        "every message arrives, or the connection ends");
    if (trio.ended(trio.x))
    {
        drain(trio.x, at_x);
        take_farewell(sent, at_x);
    }
    CHECK(at_y == sent);
    CHECK(begins_with(sent, at_x));
    const bool torn = at_x.size() < sent.size();
    if (torn)
    {
        check_the_end(trio);
    }
    const Ledger ledger = trio.a.ledger();
    const auto news = static_cast<std::size_t>(std::ranges::count_if(at_x,
                                                                     [](const Frames& message)
                                                                     {
                                                                         return message.size() == 1;
                                                                     }));
    CHECK(ledger.accepted == messages);
    CHECK(ledger.queued == 0);
    CHECK(ledger.copies == ledger.written + ledger.dropped_peer_lost);
    CHECK(ledger.written == messages + at_x.size() - news);
    return torn;
}

} // namespace

TEST_CASE("a write that fails at any byte loses no message, and nothing follows half a one")
{
    for (const Manner& manner : {by_sender, by_driver, by_either})
    {
        at_every_byte(manner, {"dealer", "dealer"}, "fail_write_at", 1, spread);
    }
}

TEST_CASE("a write that fails within a large message loses none, and nothing follows half a one")
{
    for (const Manner& manner : {by_sender, by_driver, by_either})
    {
        at_every_byte(manner, {"dealer", "dealer"}, "fail_write_at", 1, spread_large, {}, 499);
    }
}

TEST_CASE("a write for which there is no memory at any byte loses no message, and nothing follows half a one")
{
    for (const Manner& manner : {by_sender, by_driver})
    {
        at_every_byte(manner, {"dealer", "dealer"}, "fail_write_at", 1, spread, {{"fail_for_memory", true}});
    }
}

TEST_CASE("a write that fails at any byte of a message or a command for everybody concerns one peer alone")
{
    for (const Manner& manner : {by_sender, by_either})
    {
        at_every_byte(manner, {"xsub", "xpub"}, "fail_write_at", 1, tell_everybody);
    }
}
