#include "by_table.hpp"
#include "schedules.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace spaceframe::reconnect;
using namespace spaceframe::reconnect_test;
using namespace std::chrono_literals;
using spaceframe::plugin::reconnect_role;

namespace
{

const Jitter no_jitter(0.0, 1);

constexpr sf_role none = reconnect_role<NoSchedule>("none", "");
constexpr sf_role fixed = reconnect_role<FixedSchedule, fixed_options>("fixed", "");
constexpr sf_role exponential = reconnect_role<ExponentialSchedule, exponential_options>("exponential", "");

} // namespace

TEST_CASE("exponential doubles from the initial delay up to its cap")
{
    ExponentialSchedule schedule(Growth(100ms, 30s, 2.0), no_jitter);
    std::vector<std::chrono::nanoseconds> delays;
    for (std::uint32_t attempt = 1; attempt <= 11; ++attempt)
    {
        delays.push_back(delay_of(schedule, attempt));
    }
    CHECK(delays == std::vector<std::chrono::nanoseconds>{100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms,
                                                          12800ms, 25600ms, 30s, 30s});
}

TEST_CASE("exponential stays at its cap however many attempts fail")
{
    ExponentialSchedule schedule(Growth(24h, 24h, 1000.0), Jitter(1.0, 7));
    for (const std::uint32_t attempt : {1U, 100U, 100000U, UINT32_MAX})
    {
        const auto delay = delay_of(schedule, attempt);
        CHECK(delay >= 0ns);
        CHECK(delay <= 48h);
    }
}

TEST_CASE("the growth of exponential is an option")
{
    ExponentialSchedule schedule(Growth(10ms, 1h, 3.0), no_jitter);
    CHECK(delay_of(schedule, 1) == 10ms);
    CHECK(delay_of(schedule, 4) == 270ms);
}

TEST_CASE("jitter stays within its share for every seed, and uses all of it")
{
    std::chrono::nanoseconds least = 1h;
    std::chrono::nanoseconds most = 0ns;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
    {
        ExponentialSchedule schedule(Growth(100ms, 30s, 2.0), Jitter(0.25, seed));
        for (std::uint32_t attempt = 1; attempt <= 12; ++attempt)
        {
            const auto nominal = std::min<std::chrono::nanoseconds>(100ms * (1U << (attempt - 1)), 30s);
            const auto delay = delay_of(schedule, attempt);
            REQUIRE(delay >= nominal * 3 / 4);
            REQUIRE(delay <= nominal * 5 / 4);
            least = std::min(least, delay * 100 / (nominal / 1ms));
            most = std::max(most, delay * 100 / (nominal / 1ms));
        }
    }
    CHECK(least < 76ms);
    CHECK(most > 124ms);
}

TEST_CASE("a seed repeats its delays, another makes others, and none draws one")
{
    const auto delays_of = [](std::uint64_t seed)
    {
        FixedSchedule schedule(1s, Jitter(0.5, seed));
        std::vector<std::chrono::nanoseconds> delays;
        for (std::uint32_t attempt = 1; attempt <= 8; ++attempt)
        {
            delays.push_back(delay_of(schedule, attempt));
        }
        return delays;
    };
    CHECK(delays_of(42) == delays_of(42));
    CHECK(delays_of(42) != delays_of(43));
    CHECK(delays_of(0) != delays_of(0));
}

TEST_CASE("a cap of 0, or one below the initial delay, means no growth")
{
    for (const std::chrono::nanoseconds max : {0ns, 50000000ns})
    {
        ExponentialSchedule schedule(Growth(100ms, max, 2.0), no_jitter);
        CHECK(delay_of(schedule, 1) == 100ms);
        CHECK(delay_of(schedule, 2) == 100ms);
        CHECK(delay_of(schedule, 50) == 100ms);
    }
}

TEST_CASE("fixed waits equally long each time")
{
    FixedSchedule schedule(250ms, no_jitter);
    CHECK(delay_of(schedule, 1) == 250ms);
    CHECK(delay_of(schedule, 2) == 250ms);
    CHECK(delay_of(schedule, 1000) == 250ms);
}

TEST_CASE("the role exponential: its defaults, and a reset that starts over")
{
    ByTable schedule(exponential, {{"jitter", "0%"}});
    CHECK(schedule.next(1) == SF_OK);
    CHECK(schedule.delay() == 100ms);
    CHECK(schedule.next(3) == SF_OK);
    CHECK(schedule.delay() == 400ms);
    CHECK(schedule.next(20) == SF_OK);
    CHECK(schedule.delay() == 30s);
    schedule.reset();
    CHECK(schedule.next(1) == SF_OK);
    CHECK(schedule.delay() == 100ms);

    ByTable spread(exponential, {{"seed", "5"}});
    CHECK(spread.next(1) == SF_OK);
    CHECK(spread.delay() != 100ms);
    CHECK(spread.delay() >= 75ms);
    CHECK(spread.delay() <= 125ms);
}

TEST_CASE("the role fixed: 100 ms without jitter unless told otherwise")
{
    ByTable usual(fixed, {});
    CHECK(usual.next(1) == SF_OK);
    CHECK(usual.delay() == 100ms);
    ByTable other(fixed, {{"interval", "2s"}});
    CHECK(other.next(9) == SF_OK);
    CHECK(other.delay() == 2s);
}

TEST_CASE("the role none always refuses")
{
    ByTable schedule(none, {});
    CHECK(schedule.next(1) == SF_REFUSED);
    schedule.reset();
    CHECK(schedule.next(1) == SF_REFUSED);
}
