#include "engine/timer.hpp"
#include "recorder.hpp"

#include <doctest/doctest.h>

using namespace spaceframe::engine;

namespace
{

using Statuses = std::vector<sf_status>;

constexpr std::uint64_t hour = 3'600'000'000'000;
constexpr std::uint64_t millisecond = 1'000'000;

class Fixture
{
public:
    Fixture()
    {
        REQUIRE(timer_open(nullptr, &loop, &timer) == SF_OK);
    }

    void start(std::uint64_t delay, Recorder& to)
    {
        timer_start(nullptr, timer, delay, &Recorder::called, &to);
    }

    Loop loop{0, std::chrono::nanoseconds(0)};
    sf_timer* timer = nullptr;
    Recorder first;
    Recorder second;
};

} // namespace

TEST_CASE("a timer calls back once, not before its delay, and can be started again")
{
    Fixture f;
    const auto begin = Clock::now();
    f.start(5 * millisecond, f.first);
    f.loop.poll();
    CHECK(f.first.statuses.empty());
    REQUIRE(f.first.await(f.loop, 1));
    CHECK(Clock::now() - begin >= std::chrono::milliseconds(5));
    f.start(0, f.first);
    REQUIRE(f.first.await(f.loop, 2));
    timer_close(nullptr, f.timer);
    f.loop.poll();
    CHECK(f.first.statuses == Statuses{SF_OK, SF_OK});
}

TEST_CASE("a cancelled timer calls back as cancelled, later")
{
    Fixture f;
    f.start(hour, f.first);
    timer_cancel(nullptr, f.timer);
    CHECK(f.first.statuses.empty());
    f.loop.poll();
    CHECK(f.first.statuses == Statuses{SF_CANCELLED});
    timer_close(nullptr, f.timer);
}

TEST_CASE("a handler that expired is cancelled by one that ran before it")
{
    Fixture f;
    sf_timer* other = nullptr;
    REQUIRE(timer_open(nullptr, &f.loop, &other) == SF_OK);
    const auto canceller = [](void* context, sf_status)
    {
        timer_cancel(nullptr, static_cast<sf_timer*>(context));
    };
    timer_start(nullptr, other, 0, canceller, f.timer);
    f.start(1, f.first);
    REQUIRE(f.first.await(f.loop, 1));
    CHECK(f.first.statuses == Statuses{SF_CANCELLED});
    timer_close(nullptr, f.timer);
    timer_close(nullptr, other);
}

TEST_CASE("starting again cancels the start before")
{
    Fixture f;
    f.start(hour, f.first);
    f.start(0, f.second);
    REQUIRE(f.second.await(f.loop, 1));
    REQUIRE(f.first.await(f.loop, 1));
    CHECK(f.first.statuses == Statuses{SF_CANCELLED});
    CHECK(f.second.statuses == Statuses{SF_OK});
    timer_close(nullptr, f.timer);
}

TEST_CASE("closing a timer cancels what is outstanding, and frees it afterwards")
{
    Fixture f;
    f.start(hour, f.first);
    f.start(hour, f.second);
    timer_close(nullptr, f.timer);
    CHECK(f.first.statuses.empty());
    f.loop.poll();
    CHECK(f.first.statuses == Statuses{SF_CANCELLED});
    CHECK(f.second.statuses == Statuses{SF_CANCELLED});
}

TEST_CASE("a timer may be closed by its own callback")
{
    Fixture f;
    const auto closer = [](void* context, sf_status status)
    {
        Fixture& self = *static_cast<Fixture*>(context);
        self.first.statuses.push_back(status);
        timer_close(nullptr, self.timer);
    };
    timer_start(nullptr, f.timer, 0, closer, &f);
    REQUIRE(f.first.await(f.loop, 1));
    CHECK(f.first.statuses == Statuses{SF_OK});
}

TEST_CASE("a delay that no clock can count is waited for")
{
    Fixture f;
    f.start(UINT64_MAX, f.first);
    f.loop.poll();
    CHECK(f.first.statuses.empty());
    timer_close(nullptr, f.timer);
    f.loop.poll();
    CHECK(f.first.statuses == Statuses{SF_CANCELLED});
}
