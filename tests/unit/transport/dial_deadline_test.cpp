#include <spaceframe/plugin/posix/dial_deadline.hpp>

#include <doctest/doctest.h>

namespace spaceframe::transport_test
{

using plugin::posix::DialDeadline;
using namespace std::chrono_literals;

namespace
{

constexpr sf_time begin = 1'000;

} // namespace

TEST_CASE("the only address of a dial has all of its time")
{
    DialDeadline deadline(600ns);
    deadline.start(begin, 1);
    CHECK(deadline.next(begin) == begin + 600);
}

TEST_CASE("addresses that say nothing share the time of a dial equally, and the last one ends with it")
{
    DialDeadline deadline(600ns);
    deadline.start(begin, 4);
    sf_time now = begin;
    for (const sf_time share : {150U, 300U, 450U, 600U})
    {
        CHECK(deadline.next(now) == begin + share);
        now = begin + share;
    }
}

TEST_CASE("time that an address does not use is shared by those after it")
{
    DialDeadline deadline(600ns);
    deadline.start(begin, 3);
    CHECK(deadline.next(begin) == begin + 200);
    CHECK(deadline.next(begin + 100) == begin + 350);
    CHECK(deadline.next(begin + 100) == begin + 600);
}

TEST_CASE("a share that cannot be divided evenly loses nothing of the whole")
{
    DialDeadline deadline(100ns);
    deadline.start(begin, 3);
    const sf_time first = deadline.next(begin);
    const sf_time second = deadline.next(first);
    CHECK(first == begin + 33);
    CHECK(second == begin + 66);
    CHECK(deadline.next(second) == begin + 100);
}

TEST_CASE("addresses whose turn comes too late have no time at all, and no more than that")
{
    DialDeadline deadline(100ns);
    deadline.start(begin, 3);
    deadline.next(begin);
    CHECK(deadline.next(begin + 500) == begin + 500);
    CHECK(deadline.next(begin + 501) == begin + 501);
}

TEST_CASE("without a limit every address may take as long as the system tries")
{
    DialDeadline deadline(0ns);
    deadline.start(begin, 2);
    CHECK(deadline.next(begin) == SF_NEVER);
    CHECK(deadline.next(begin + 1'000'000) == SF_NEVER);
}

} // namespace spaceframe::transport_test
