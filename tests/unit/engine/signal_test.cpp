#include "engine/signal.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <vector>

using namespace spaceframe::engine;
using namespace std::chrono_literals;

TEST_CASE("no wake-up is lost between threads that pass a turn round")
{
    constexpr int threads = 4;
    constexpr int turns = 5000;
    Signal signal;
    std::mutex mutex;
    int turn = 0;
    std::vector<std::thread> players;
    for (int player = 0; player < threads; ++player)
    {
        players.emplace_back(
            [&, player]
            {
                for (int next = player; next < turns; next += threads)
                {
                    const bool ready = signal.wait(
                        [&]
                        {
                            const std::lock_guard lock(mutex);
                            return turn == next;
                        },
                        Clock::time_point::max());
                    REQUIRE(ready);
                    {
                        const std::lock_guard lock(mutex);
                        ++turn;
                    }
                    signal.notify();
                }
            });
    }
    for (std::thread& player : players)
    {
        player.join();
    }
    CHECK(turn == turns);
}

TEST_CASE("a wait ends at its deadline with what was asked last")
{
    Signal signal;
    const auto begin = Clock::now();
    CHECK_FALSE(signal.wait(
        []
        {
            return false;
        },
        begin + 20ms));
    CHECK(Clock::now() - begin >= 20ms);
    CHECK(signal.wait(
        [count = 0]() mutable
        {
            return ++count == 2;
        },
        Clock::now()));
}

TEST_CASE("a wait for what is already so does not wait")
{
    Signal signal;
    CHECK(signal.wait(
        []
        {
            return true;
        },
        Clock::time_point::min()));
}

TEST_CASE("who waits asks only when something was announced")
{
    Signal signal;
    std::atomic<int> asked{0};
    std::atomic<bool> done{false};
    std::thread waiter(
        [&]
        {
            signal.wait(
                [&]
                {
                    ++asked;
                    return done.load();
                },
                Clock::time_point::max());
        });
    while (asked.load() == 0)
    {
        std::this_thread::yield();
    }
    for (int i = 0; i < 10; ++i)
    {
        signal.notify();
    }
    done.store(true);
    signal.notify();
    waiter.join();
    CHECK(asked.load() <= 12);
}

TEST_CASE("a timeout beyond the clock never ends, and one without end neither")
{
    CHECK(deadline_after(std::chrono::nanoseconds::max()) == Clock::time_point::max());
    CHECK(deadline_after(std::chrono::nanoseconds::max() - 1ns) == Clock::time_point::max());
    CHECK(deadline_after(1h) > Clock::now() + 59min);
    const auto now = deadline_after(0ns);
    CHECK(now <= Clock::now());
}
