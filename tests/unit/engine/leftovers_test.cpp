#include "engine/leftovers.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

using spaceframe::engine::Leftovers;
using Share = Leftovers::Share;

TEST_CASE(
    "what lost peers left is full when it is as much as 64 may leave, and free again when half has gone")
{
    Leftovers left(10, 0);
    Share first;
    Share second;
    left.update(first, {600, 60});
    CHECK_FALSE(left.full());
    left.update(second, {40, 4});
    CHECK(left.full());
    left.update(first, {281, 0});
    CHECK(left.full());
    left.update(first, {280, 0});
    CHECK_FALSE(left.full());
    left.update(first, {0, 0});
    left.update(second, {639, 0});
    CHECK_FALSE(left.full());
}

TEST_CASE("what lost peers left is full at either mark, and free again at half of both")
{
    Leftovers left(10, 1000);
    Share share;
    left.update(share, {1, 64'000});
    CHECK(left.full());
    left.update(share, {321, 32'000});
    CHECK(left.full());
    left.update(share, {320, 32'001});
    CHECK(left.full());
    left.update(share, {320, 32'000});
    CHECK_FALSE(left.full());
}

TEST_CASE("without a mark, or with one that nobody reaches, what lost peers left is never full")
{
    for (const std::uint64_t mark : {std::uint64_t{0}, UINT64_MAX})
    {
        Leftovers left(mark, mark);
        Share share;
        left.update(share, {1'000'000, 1'000'000'000});
        CHECK_FALSE(left.full());
    }
}
