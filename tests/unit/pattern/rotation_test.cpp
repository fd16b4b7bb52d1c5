#include "pattern/rotation.hpp"

#include <doctest/doctest.h>

#include <map>
#include <random>
#include <set>

using spaceframe::pattern::Rotation;

TEST_CASE("the active take equal turns")
{
    Rotation rotation;
    for (std::uint32_t index = 0; index < 5; ++index)
    {
        rotation.add(index);
        if (index != 3)
        {
            rotation.activate(index);
        }
    }
    std::map<std::uint32_t, int> turns;
    for (int i = 0; i < 400; ++i)
    {
        ++turns[rotation.current()];
        rotation.advance();
    }
    CHECK(turns == std::map<std::uint32_t, int>{{0, 100}, {1, 100}, {2, 100}, {4, 100}});
}

TEST_CASE("a turn stays until it is given on")
{
    Rotation rotation;
    CHECK(rotation.current() == Rotation::none);
    rotation.add(7);
    rotation.add(9);
    CHECK(rotation.current() == Rotation::none);
    rotation.activate(7);
    rotation.activate(9);
    const std::uint32_t first = rotation.current();
    CHECK(rotation.current() == first);
    rotation.advance();
    CHECK(rotation.current() != first);
}

TEST_CASE("activating and deactivating twice is the same as once")
{
    Rotation rotation;
    rotation.add(0);
    rotation.add(1);
    rotation.activate(0);
    rotation.activate(0);
    CHECK(rotation.active() == 1);
    rotation.deactivate(0);
    rotation.deactivate(0);
    CHECK(rotation.active() == 0);
    rotation.activate(1);
    CHECK(rotation.current() == 1);
}

TEST_CASE("a rotation under random operations agrees with two sets, and nobody active starves")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    constexpr std::uint32_t indices = 12;
    Rotation rotation;
    std::set<std::uint32_t> members;
    std::set<std::uint32_t> active;
    std::map<std::uint32_t, unsigned> waited;
    for (int step = 0; step < 50000; ++step)
    {
        const auto index = static_cast<std::uint32_t>(random() % indices);
        const bool member = members.count(index) != 0;
        switch (random() % 8)
        {
        case 0:
            if (!member)
            {
                rotation.add(index);
                members.insert(index);
            }
            break;
        case 1:
            if (member && random() % 4 == 0)
            {
                rotation.remove(index);
                members.erase(index);
                active.erase(index);
                waited.erase(index);
            }
            break;
        case 2:
            if (member)
            {
                rotation.activate(index);
                active.insert(index);
            }
            break;
        case 3:
            if (member)
            {
                rotation.deactivate(index);
                active.erase(index);
                waited.erase(index);
            }
            break;
        default:
        {
            const std::uint32_t current = rotation.current();
            REQUIRE((current == Rotation::none) == active.empty());
            if (current != Rotation::none)
            {
                REQUIRE(active.count(current) == 1);
                for (const std::uint32_t each : active)
                {
                    waited[each] = each == current ? 0 : waited[each] + 1;
                    REQUIRE(waited[each] <= indices * indices);
                }
                rotation.advance();
            }
        }
        }
        REQUIRE(rotation.size() == members.size());
        REQUIRE(rotation.active() == active.size());
        REQUIRE(rotation.contains(index) == (members.count(index) == 1));
        REQUIRE(rotation.is_active(index) == (active.count(index) == 1));
    }
}
