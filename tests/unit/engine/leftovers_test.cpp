#include "engine/leftovers.hpp"

#include <doctest/doctest.h>

using spaceframe::engine::Leftovers;
using Share = Leftovers::Share;

TEST_CASE("what lost peers left is full at the mark, and again free when half of it has gone")
{
    Leftovers left(10, 0);
    Share first;
    Share second;
    left.update(first, {6, 600});
    CHECK_FALSE(left.full());
    left.update(second, {4, 400});
    CHECK(left.full());
    left.update(first, {2, 200});
    CHECK(left.full());
    left.update(first, {1, 100});
    CHECK_FALSE(left.full());
    left.update(first, {0, 0});
    left.update(second, {9, 900});
    CHECK_FALSE(left.full());
}

TEST_CASE("what lost peers left is full at either mark, and free again at half of both")
{
    Leftovers left(10, 1000);
    Share share;
    left.update(share, {1, 1000});
    CHECK(left.full());
    left.update(share, {6, 500});
    CHECK(left.full());
    left.update(share, {5, 501});
    left.update(share, {5, 500});
    CHECK_FALSE(left.full());
}

TEST_CASE("without a mark what lost peers left is never full")
{
    Leftovers left(0, 0);
    Share share;
    left.update(share, {1'000'000, 1'000'000'000});
    CHECK_FALSE(left.full());
}
