#include "memory/frame_ring.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <deque>
#include <random>
#include <vector>

using spaceframe::memory::allocate;
using spaceframe::memory::FrameRing;
using spaceframe::memory::release;
using spaceframe::memory::retain;
using spaceframe::memory::SlabRef;

namespace
{

sf_frame frame_of(sf_owner* owner, std::size_t number, std::uint32_t flags = 0)
{
    if (owner != nullptr)
    {
        retain(owner);
    }
    return {owner, nullptr, number, flags, 0};
}

void let_go(const sf_frame& frame)
{
    if (frame.owner != nullptr)
    {
        release(frame.owner);
    }
}

std::size_t front_message(const std::deque<sf_frame>& model)
{
    for (std::size_t i = 0; i < model.size(); ++i)
    {
        if ((model[i].flags & SF_FRAME_MORE) == 0)
        {
            return i + 1;
        }
    }
    return 0;
}

} // namespace

TEST_CASE("a ring under random operations holds what a deque holds, and loses no reference")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    const SlabRef slab(allocate(16));
    std::size_t number = 0;
    {
        FrameRing ring;
        std::deque<sf_frame> model;
        for (int step = 0; step < 20000; ++step)
        {
            const auto action = random() % 100;
            if (action < 50)
            {
                std::vector<sf_frame> frames(1 + random() % 7);
                for (sf_frame& frame : frames)
                {
                    frame = frame_of(random() % 4 == 0 ? nullptr : slab.get(), ++number,
                                     random() % 3 == 0 ? std::uint32_t{SF_FRAME_MORE} : 0U);
                }
                ring.reserve(frames.size());
                if (action < 40)
                {
                    ring.push_back(frames.data(), frames.size());
                    model.insert(model.end(), frames.begin(), frames.end());
                }
                else
                {
                    ring.push_front(frames.data(), frames.size());
                    model.insert(model.begin(), frames.begin(), frames.end());
                }
            }
            else if (action < 60)
            {
                for (auto pops = random() % 6; pops > 0 && !model.empty(); --pops)
                {
                    const sf_frame frame = ring.pop_back();
                    REQUIRE(frame.size == model.back().size);
                    REQUIRE(frame.owner == model.back().owner);
                    let_go(frame);
                    model.pop_back();
                }
            }
            else if (action < 98)
            {
                for (auto pops = random() % 6; pops > 0 && !model.empty(); --pops)
                {
                    const sf_frame frame = ring.pop_front();
                    REQUIRE(frame.size == model.front().size);
                    REQUIRE(frame.owner == model.front().owner);
                    let_go(frame);
                    model.pop_front();
                }
            }
            else if (action == 98)
            {
                ring.clear();
                model.clear();
            }
            else
            {
                ring.shrink_if_idle();
            }
            REQUIRE(ring.size() == model.size());
            REQUIRE(ring.empty() == model.empty());
            REQUIRE(ring.front_message() == front_message(model));
            if (!model.empty())
            {
                const std::size_t at = random() % model.size();
                REQUIRE(ring[at].size == model[at].size);
                REQUIRE(ring[at].flags == model[at].flags);
            }
        }
    }
    CHECK(slab->references.load() == 1);
}

TEST_CASE("a large ring gives its memory back only when it is empty, and works afterwards")
{
    const SlabRef slab(allocate(16));
    FrameRing ring;
    ring.reserve(10000);
    const sf_frame frame = frame_of(slab.get(), 1);
    ring.push_back(&frame, 1);
    ring.shrink_if_idle();
    CHECK(ring[0].size == 1);
    let_go(ring.pop_front());
    ring.shrink_if_idle();
    CHECK(slab->references.load() == 1);
    const sf_frame next = frame_of(slab.get(), 2);
    ring.reserve(1);
    ring.push_front(&next, 1);
    CHECK(ring[0].size == 2);
}

TEST_CASE("half a message at the front is no message")
{
    FrameRing ring;
    CHECK(ring.front_message() == 0);
    const sf_frame frames[] = {frame_of(nullptr, 1, SF_FRAME_MORE), frame_of(nullptr, 2, SF_FRAME_MORE),
                               frame_of(nullptr, 3)};
    ring.reserve(3);
    ring.push_back(frames, 2);
    CHECK(ring.front_message() == 0);
    ring.push_back(frames + 2, 1);
    CHECK(ring.front_message() == 3);
}

TEST_CASE("frames that move from one ring to another keep their order and their references")
{
    const SlabRef slab(allocate(16));
    {
        FrameRing from;
        FrameRing to;
        std::size_t in = 0;
        std::size_t out = 0;
        // The rings are never full, so that head and tail go round at different places.
        for (std::size_t step = 1; step < 200; ++step)
        {
            from.reserve(step % 13);
            for (std::size_t i = 0; i < step % 13; ++i)
            {
                const sf_frame frame = frame_of(slab.get(), in++);
                from.push_back(&frame, 1);
            }
            const std::size_t count = from.size() - from.size() / 3;
            to.reserve(count);
            from.move_front(count, to);
            while (to.size() > 5)
            {
                const sf_frame frame = to.pop_front();
                CHECK(frame.size == out++);
                let_go(frame);
            }
        }
        CHECK(out + to.size() + from.size() == in);
    }
    CHECK(slab->references.load() == 1);
}
