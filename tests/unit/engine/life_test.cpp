#include "engine/life.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace spaceframe;
using namespace spaceframe::engine;

/// A schedule that doubles 100 ns, and gives up at attempt `give_up_at`.
struct sf_schedule
{
    std::uint32_t give_up_at = 0; // 0: never
    std::uint64_t fixed = 0;      // instead of doubling
    int resets = 0;
    std::vector<std::uint32_t> attempts;
    sf_failure last{};
};

namespace
{

sf_status next_delay(sf_schedule* schedule, uint32_t attempt, const sf_failure* last, uint64_t* delay)
{
    schedule->attempts.push_back(attempt);
    schedule->last = *last;
    if (schedule->give_up_at != 0 && attempt >= schedule->give_up_at)
    {
        return SF_REFUSED;
    }
    *delay = schedule->fixed != 0 ? schedule->fixed : std::uint64_t{100} << (attempt - 1);
    return SF_OK;
}

void reset(sf_schedule* schedule)
{
    ++schedule->resets;
}

class Fixture
{
public:
    Fixture()
    {
        table.size = sizeof(table);
        table.next_delay = next_delay;
        table.reset = reset;
    }

    Life::Next fail()
    {
        return life.ended(make_failure(SF_SYSTEM, errc::refused, "refused"));
    }

    sf_reconnect table{};
    sf_schedule schedule;
    Life life{table, &schedule};
};

} // namespace

TEST_CASE("a life begins with a dial, once")
{
    Fixture f;
    CHECK(f.life.state() == LifeState::idle);
    CHECK(f.life.start().step == Life::Step::dial);
    CHECK(f.life.state() == LifeState::connecting);
    CHECK(f.life.start().step == Life::Step::none);
}

TEST_CASE("failed dials wait longer and longer")
{
    Fixture f;
    f.life.start();
    for (const int expected : {100, 200, 400})
    {
        const Life::Next next = f.fail();
        CHECK(next.step == Life::Step::wait);
        CHECK(next.delay.count() == expected);
        CHECK(f.life.state() == LifeState::backoff);
        CHECK(f.life.delay_passed().step == Life::Step::dial);
        CHECK(f.life.state() == LifeState::connecting);
    }
    CHECK(f.schedule.attempts == std::vector<std::uint32_t>{1, 2, 3});
    CHECK(f.schedule.resets == 0);
}

TEST_CASE("the policy learns what went wrong")
{
    Fixture f;
    f.life.start();
    Failure failure = make_failure(SF_SYSTEM, errc::refused, "refused");
    failure.os_error = 111;
    f.life.ended(failure);
    CHECK(f.schedule.last.size == sizeof(sf_failure));
    CHECK(f.schedule.last.status == SF_SYSTEM);
    CHECK(f.schedule.last.os_error == 111);
}

TEST_CASE("only a completed handshake starts the delays anew")
{
    Fixture f;
    f.life.start();
    f.fail();
    f.life.delay_passed();
    f.life.dialled();
    CHECK(f.life.state() == LifeState::handshaking);
    CHECK(f.fail().delay.count() == 200);
    CHECK(f.schedule.resets == 0);
    f.life.delay_passed();
    f.life.dialled();
    f.life.ready();
    CHECK(f.life.state() == LifeState::active);
    CHECK(f.life.successes() == 1);
    CHECK(f.schedule.resets == 1);
    CHECK(f.fail().delay.count() == 100);
    f.life.delay_passed();
    f.life.dialled();
    f.life.ready();
    CHECK(f.life.successes() == 2);
}

TEST_CASE("a handshake that nobody dialled for counts for nothing")
{
    Fixture f;
    f.life.ready();
    f.life.dialled();
    CHECK(f.life.state() == LifeState::idle);
    f.life.start();
    f.life.ready();
    CHECK(f.life.state() == LifeState::connecting);
    CHECK(f.life.successes() == 0);
    CHECK(f.schedule.resets == 0);
}

TEST_CASE("a policy that gives up ends the life")
{
    Fixture f;
    f.schedule.give_up_at = 2;
    f.life.start();
    CHECK(f.fail().step == Life::Step::wait);
    f.life.delay_passed();
    CHECK(f.fail().step == Life::Step::stop);
    CHECK(f.life.state() == LifeState::closed);
    CHECK(f.fail().step == Life::Step::none);
    CHECK(f.life.delay_passed().step == Life::Step::none);
    CHECK(f.life.start().step == Life::Step::none);
}

TEST_CASE("an end is heard once, and a timer that is late is ignored")
{
    Fixture f;
    CHECK(f.fail().step == Life::Step::none);
    f.life.start();
    CHECK(f.life.delay_passed().step == Life::Step::none);
    CHECK(f.fail().step == Life::Step::wait);
    CHECK(f.fail().step == Life::Step::none);
    CHECK(f.schedule.attempts.size() == 1);
}

TEST_CASE("nothing follows after closing, in whatever state")
{
    for (int steps = 0; steps <= 4; ++steps)
    {
        CAPTURE(steps);
        Fixture f;
        if (steps >= 1)
        {
            f.life.start();
        }
        if (steps == 4)
        {
            f.fail();
        }
        else if (steps >= 2)
        {
            f.life.dialled();
        }
        if (steps == 3)
        {
            f.life.ready();
        }
        const std::size_t asked = f.schedule.attempts.size();
        const int resets = f.schedule.resets;
        f.life.close();
        CHECK(f.life.state() == LifeState::closed);
        f.life.dialled();
        f.life.ready();
        CHECK(f.fail().step == Life::Step::none);
        CHECK(f.life.delay_passed().step == Life::Step::none);
        CHECK(f.life.start().step == Life::Step::none);
        CHECK(f.schedule.attempts.size() == asked);
        CHECK(f.schedule.resets == resets);
        CHECK(f.life.state() == LifeState::closed);
    }
}

TEST_CASE("a delay beyond what a clock can count is the longest one")
{
    Fixture f;
    f.schedule.fixed = UINT64_MAX;
    f.life.start();
    CHECK(f.fail().delay == std::chrono::nanoseconds::max());
}
