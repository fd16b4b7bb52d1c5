#include "engine/budget.hpp"
#include "engine/frames.hpp"
#include "engine/newest.hpp"
#include "memory/slab.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <map>
#include <random>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using engine::Newest;
using memory::FrameRing;

using Texts = std::vector<std::string>;

sf_frame make_frame(const std::string& text, bool more)
{
    sf_owner* owner = memory::allocate(text.size() + 1);
    REQUIRE(owner != nullptr);
    std::memcpy(owner->data, text.data(), text.size());
    return {owner, owner->data, text.size(), more ? std::uint32_t{SF_FRAME_MORE} : 0U, 0};
}

// A queue and what knows its newest messages.
struct Queue
{
    explicit Queue(bool by_topic) : newest(by_topic)
    {}

    bool put(const Texts& message)
    {
        std::vector<sf_frame> frames;
        for (std::size_t i = 0; i < message.size(); ++i)
        {
            frames.push_back(make_frame(message[i], i + 1 < message.size()));
        }
        ring.reserve(frames.size());
        return newest.put(ring, frames).has_value();
    }

    Texts take()
    {
        Texts message;
        for (std::size_t count = ring.front_message(); count > 0; --count)
        {
            const sf_frame frame = ring.pop_front();
            message.emplace_back(engine::text_of(frame));
            engine::release_frame(frame);
        }
        return message;
    }

    FrameRing ring;
    Newest newest;
};

} // namespace

TEST_CASE("of all messages only the newest stays, however many frames it has")
{
    Queue queue(false);
    CHECK_FALSE(queue.put({"a", "1"}));
    CHECK(queue.put({"b", "2"}));
    CHECK(queue.put({"c"}));
    CHECK(queue.put({"d", "4", "5"}));
    CHECK(queue.take() == Texts{"d", "4", "5"});
    CHECK(queue.ring.empty());
}

TEST_CASE("the newest of each topic stays, where the older one was if it has as many frames")
{
    Queue queue(true);
    CHECK_FALSE(queue.put({"a", "1"}));
    CHECK_FALSE(queue.put({"b", "1"}));
    CHECK_FALSE(queue.put({"", "1"}));
    CHECK(queue.put({"a", "2"}));
    CHECK(queue.take() == Texts{"a", "2"});
    CHECK_FALSE(queue.put({"a", "3"}));
    CHECK(queue.put({"b", "2", "more"}));
    CHECK(queue.put({"a", "4"}));
    CHECK(queue.take() == Texts{"", "1"});
    CHECK(queue.take() == Texts{"a", "4"});
    CHECK(queue.take() == Texts{"b", "2", "more"});
    CHECK(queue.ring.empty());
}

TEST_CASE("a frame in the middle of a message is no topic")
{
    Queue queue(true);
    CHECK_FALSE(queue.put({"a", "1"}));
    CHECK_FALSE(queue.put({"b", "a"}));
    queue.take();
    // Where `a` stood before, counted from the front, is now the second frame of `b`.
    CHECK_FALSE(queue.put({"a", "2"}));
    CHECK(queue.take() == Texts{"b", "a"});
    CHECK(queue.take() == Texts{"a", "2"});
}

TEST_CASE("the charge of what was replaced is told")
{
    Queue queue(false);
    queue.put({"12345", "67"});
    const sf_frame frame = make_frame("", false);
    queue.ring.reserve(1);
    CHECK(queue.newest.put(queue.ring, {&frame, 1}) == 2 * engine::frame_charge + 7);
}

TEST_CASE("whatever is put and taken, each topic is there once, with its newest content")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    Queue queue(true);
    std::map<std::string, Texts> expected;
    for (int i = 0; i < 20'000; ++i)
    {
        if (random() % 3 != 0)
        {
            Texts message{std::to_string(random() % 200), std::to_string(i)};
            message.resize(2 + random() % 2, "more");
            CHECK(queue.put(message) == expected.contains(message.front()));
            expected[message.front()] = message;
        }
        else if (!queue.ring.empty())
        {
            const Texts message = queue.take();
            REQUIRE(expected.contains(message.front()));
            CHECK(expected[message.front()] == message);
            expected.erase(message.front());
        }
    }
    while (!queue.ring.empty())
    {
        const Texts message = queue.take();
        REQUIRE(expected.contains(message.front()));
        CHECK(expected[message.front()] == message);
        expected.erase(message.front());
    }
    CHECK(expected.empty());
}
