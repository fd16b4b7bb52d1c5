#include "engine/deadlines.hpp"

#include <doctest/doctest.h>

#include <deque>
#include <random>

namespace
{

using namespace std::chrono_literals;
using spaceframe::engine::Clock;
using spaceframe::engine::Deadlines;

const Clock::time_point start = Clock::time_point() + 1h;

// How many may not wait any more, and how many of those that it tells of may.
struct Swept
{
    std::size_t over = 0;
    std::size_t kept = 0;
};

Swept sweep(Deadlines& deadlines, Clock::time_point now)
{
    Swept swept;
    deadlines.sweep(now,
                    [&](std::size_t messages, bool over)
                    {
                        (over ? swept.over : swept.kept) += messages;
                    });
    return swept;
}

} // namespace

TEST_CASE("messages wait until their deadline, that moment not included")
{
    Deadlines deadlines;
    CHECK(deadlines.next() == Deadlines::never);
    deadlines.push(0, 3, start);
    CHECK(deadlines.next() == start);
    CHECK(sweep(deadlines, start - 1ns).over == 0);
    CHECK(deadlines.known() == 3);
    CHECK(sweep(deadlines, start).over == 3);
    CHECK(deadlines.known() == 0);
    CHECK(deadlines.next() == Deadlines::never);
}

TEST_CASE("messages that nobody told of stand before those that came later, and never end")
{
    Deadlines deadlines;
    deadlines.push(2, 1, start);
    deadlines.push(5, 1, start + 1s);
    CHECK(deadlines.known() == 6);
    const Swept swept = sweep(deadlines, start + 1h);
    CHECK(swept.over == 2);
    CHECK(swept.kept == 4);
    CHECK(deadlines.known() == 4);
}

TEST_CASE("messages that have left do not end")
{
    Deadlines deadlines;
    deadlines.pop();
    deadlines.push(1, 2, start);
    deadlines.pop();
    deadlines.pop();
    CHECK(deadlines.known() == 1);
    CHECK(sweep(deadlines, start).over == 1);
    deadlines.push(0, 2, start);
    deadlines.clear();
    CHECK(deadlines.known() == 0);
    CHECK(sweep(deadlines, start).over == 0);
}

TEST_CASE("deadlines are those of a queue that keeps one beside each message")
{
    constexpr unsigned seed = 7;
    std::mt19937 random(seed);
    CAPTURE(seed);
    Deadlines deadlines;
    std::deque<Clock::time_point> queue;
    Clock::time_point now = start;
    for (int step = 0; step < 20'000; ++step)
    {
        now += std::chrono::milliseconds(random() % 3);
        switch (random() % 6)
        {
        case 0:
        {
            const std::size_t messages = random() % 4;
            const auto end = now + std::chrono::milliseconds(random() % 10);
            deadlines.push(queue.size(), messages, end);
            queue.insert(queue.end(), messages, end);
            break;
        }
        case 1:
            queue.push_back(Deadlines::never);
            break;
        case 2:
            sweep(deadlines, now);
            std::erase_if(queue,
                          [now](Clock::time_point end)
                          {
                              return end <= now;
                          });
            break;
        default:
            if (!queue.empty())
            {
                queue.pop_front();
                deadlines.pop();
            }
            break;
        }
        REQUIRE(deadlines.known() <= queue.size());
        Clock::time_point next = Deadlines::never;
        for (const auto end : queue)
        {
            next = std::min(next, end);
        }
        REQUIRE(deadlines.next() == next);
    }
}
