#include "by_table.hpp"
#include "decorrelated.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <vector>

using namespace spaceframe::reconnect;
using namespace spaceframe::reconnect_test;
using namespace std::chrono_literals;

namespace
{

constexpr sf_role role =
    spaceframe::plugin::reconnect_role<DecorrelatedSchedule, decorrelated_options>("decorrelated", "");

std::vector<std::chrono::nanoseconds> delays_of(DecorrelatedSchedule& schedule, std::uint32_t count)
{
    std::vector<std::chrono::nanoseconds> delays;
    for (std::uint32_t attempt = 1; attempt <= count; ++attempt)
    {
        delays.push_back(delay_of(schedule, attempt));
    }
    return delays;
}

} // namespace

TEST_CASE("decorrelated draws from the initial delay to three times the last one, never above its cap")
{
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
    {
        CAPTURE(seed);
        DecorrelatedSchedule schedule(100ms, 10s, seed);
        std::chrono::nanoseconds previous = 100ms;
        for (const auto delay : delays_of(schedule, 20))
        {
            REQUIRE(delay >= 100ms);
            REQUIRE(delay <= std::min<std::chrono::nanoseconds>(previous * 3 + 3ns, 10s));
            previous = delay;
        }
    }
}

TEST_CASE("decorrelated uses all of its range, evenly")
{
    constexpr std::size_t parts = 10;
    constexpr std::uint64_t draws = 10000;
    std::vector<std::size_t> first(parts);
    std::vector<std::size_t> capped(parts);
    for (std::uint64_t seed = 1; seed <= draws; ++seed)
    {
        // 100 to 300 ms at first; 100 to 150 ms where the cap is nearer than three times the last delay.
        DecorrelatedSchedule schedule(100ms, 30s, seed);
        ++first.at(static_cast<std::size_t>((delay_of(schedule, 1) - 100ms) / 20ms));
        DecorrelatedSchedule low(100ms, 150ms, seed);
        ++capped.at(static_cast<std::size_t>((delays_of(low, 5).back() - 100ms) / 5ms));
    }
    for (std::size_t part = 0; part < parts; ++part)
    {
        CAPTURE(part);
        CHECK(first[part] > draws / parts * 8 / 10);
        CHECK(first[part] < draws / parts * 12 / 10);
        CHECK(capped[part] > draws / parts * 8 / 10);
        CHECK(capped[part] < draws / parts * 12 / 10);
    }
}

TEST_CASE("decorrelated grows to its cap while nothing answers")
{
    constexpr std::uint64_t clients = 200;
    std::chrono::nanoseconds early{0};
    std::chrono::nanoseconds late{0};
    std::chrono::nanoseconds longest{0};
    for (std::uint64_t seed = 1; seed <= clients; ++seed)
    {
        DecorrelatedSchedule schedule(100ms, 30s, seed);
        const auto delays = delays_of(schedule, 60);
        early += delays.front();
        late += delays.back();
        longest = std::max(longest, *std::max_element(delays.begin(), delays.end()));
    }
    CHECK(early / clients < 250ms);
    CHECK(late / clients > 5s);
    CHECK(longest > 29s);
    CHECK(longest <= 30s);
}

TEST_CASE("decorrelated starts over after a handshake")
{
    DecorrelatedSchedule schedule(1ms, 24h, 3);
    delays_of(schedule, 200);
    schedule.reset();
    CHECK(delay_of(schedule, 1) <= 3ms);
}

TEST_CASE("a seed of decorrelated repeats its delays, another makes others, and none draws one")
{
    const auto of_seed = [](std::uint64_t seed)
    {
        DecorrelatedSchedule schedule(100ms, 30s, seed);
        return delays_of(schedule, 8);
    };
    CHECK(of_seed(42) == of_seed(42));
    CHECK(of_seed(42) != of_seed(43));
    CHECK(of_seed(0) != of_seed(0));
}

TEST_CASE("the role decorrelated: its defaults, a reset, and a cap that is too low")
{
    ByTable usual(role, {{"seed", "7"}});
    CHECK(usual.next(1) == SF_OK);
    CHECK(usual.delay() >= 100ms);
    CHECK(usual.delay() <= 300ms);
    for (std::uint32_t attempt = 2; attempt < 100; ++attempt)
    {
        CHECK(usual.next(attempt) == SF_OK);
        CHECK(usual.delay() <= 30s);
    }
    usual.reset();
    CHECK(usual.next(1) == SF_OK);
    CHECK(usual.delay() <= 300ms);

    ByTable constant(role, {{"initial", "50ms"}, {"max", "50ms"}});
    CHECK(constant.next(1) == SF_OK);
    CHECK(constant.delay() == 50ms);

    const auto [status, text] = refusal_of(role, {{"initial", "50ms"}, {"max", "49ms"}});
    CHECK(status == SF_INVALID);
    CHECK(text == "max is less than initial; give a max that is at least as long");
}
