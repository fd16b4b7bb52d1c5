#include "token_bucket.hpp"

#include <doctest/doctest.h>

using rate::TokenBucket;

namespace
{

constexpr sf_time second = 1'000'000'000;
constexpr sf_time start = 5 * second;

} // namespace

TEST_CASE("a full bucket gives its burst at once, and then the rate")
{
    TokenBucket bucket(1000, 300, start);
    CHECK(bucket.take(100, start));
    CHECK(bucket.take(200, start));
    CHECK_FALSE(bucket.take(1, start));
    CHECK(bucket.delay_until(100, start) == second / 10);
    CHECK_FALSE(bucket.take(100, start + second / 10 - 100'000));
    CHECK(bucket.take(100, start + second / 10));
    CHECK_FALSE(bucket.take(1, start + second / 10));
}

TEST_CASE("a bucket never holds more than its burst")
{
    TokenBucket bucket(1000, 300, start);
    CHECK(bucket.take(300, start));
    const sf_time later = start + 3600 * second;
    CHECK(bucket.take(300, later));
    CHECK_FALSE(bucket.take(1, later));
}

TEST_CASE("more than the burst is given by a full bucket, and what follows pays for it")
{
    TokenBucket bucket(1000, 300, start);
    CHECK(bucket.take(1300, start));
    CHECK(bucket.delay_until(1, start) > second);
    CHECK_FALSE(bucket.take(1, start + second));
    CHECK(bucket.delay_until(1300, start + second) == 3 * second / 10);
    CHECK(bucket.take(1300, start + second + 3 * second / 10));
}

TEST_CASE("a clock that steps back gives nothing, and takes nothing")
{
    TokenBucket bucket(1000, 300, start);
    CHECK(bucket.take(300, start));
    CHECK_FALSE(bucket.take(1, start - second));
    CHECK(bucket.take(100, start + second / 10));
}

TEST_CASE("the mean rate is exact over many small messages")
{
    TokenBucket bucket(1'000'000, 1000, start);
    sf_time now = start;
    std::uint64_t sent = 0;
    while (now < start + 100 * second)
    {
        now += bucket.delay_until(777, now);
        REQUIRE(bucket.take(777, now));
        sent += 777;
    }
    CHECK(sent >= 100'000'000);
    CHECK(sent <= 100'000'000 + 1000 + 777);
}
