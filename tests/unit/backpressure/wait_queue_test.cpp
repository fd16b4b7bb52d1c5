#include "wait_queue.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <utility>
#include <vector>

using spaceframe::backpressure::Waiter;
using spaceframe::backpressure::WaitQueue;

TEST_CASE("a queue keeps its order when waiters leave from any position")
{
    WaitQueue queue;
    std::vector<sf_ticket> tickets;
    for (std::uint64_t bytes = 0; bytes < 6; ++bytes)
    {
        tickets.push_back(queue.push(bytes, {}));
    }
    CHECK(queue.remove(tickets[0]));
    CHECK(queue.remove(tickets[3]));
    CHECK(queue.remove(tickets[5]));
    CHECK(queue.size() == 3);
    for (const std::uint64_t bytes : {1U, 2U, 4U})
    {
        REQUIRE(queue.front() != nullptr);
        Waiter& waiter = queue.take_front();
        CHECK(waiter.bytes == bytes);
        queue.recycle(waiter);
    }
    CHECK(queue.front() == nullptr);
}

TEST_CASE("a queue behaves as a plain list does under random use")
{
    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    WaitQueue queue;
    std::vector<std::pair<sf_ticket, std::uint64_t>> expected;
    std::vector<sf_ticket> gone;
    for (std::uint64_t step = 0; step < 20000; ++step)
    {
        const auto choice = random() % 4;
        if (choice < 2)
        {
            expected.emplace_back(queue.push(step, {}), step);
        }
        else if (choice == 2 && !expected.empty())
        {
            const auto at = static_cast<std::ptrdiff_t>(random() % expected.size());
            const sf_ticket ticket = expected[static_cast<std::size_t>(at)].first;
            REQUIRE(queue.remove(ticket));
            gone.push_back(ticket);
            expected.erase(expected.begin() + at);
        }
        else if (!expected.empty())
        {
            Waiter& waiter = queue.take_front();
            REQUIRE(waiter.bytes == expected.front().second);
            queue.recycle(waiter);
            gone.push_back(expected.front().first);
            expected.erase(expected.begin());
        }
        REQUIRE(queue.size() == expected.size());
        if (!gone.empty())
        {
            REQUIRE_FALSE(queue.remove(gone[random() % gone.size()]));
        }
    }
}
