#include "engine/mutex.hpp"

#include <doctest/doctest.h>

#include <mutex>
#include <thread>
#include <vector>

using spaceframe::engine::Mutex;

TEST_CASE("a mutex lets one thread at a time through, and wakes all who wait")
{
    constexpr int threads = 8;
    constexpr int rounds = 20000;
    Mutex mutex;
    int counter = 0;
    {
        std::vector<std::jthread> workers;
        for (int i = 0; i < threads; ++i)
        {
            workers.emplace_back(
                [&]
                {
                    for (int round = 0; round < rounds; ++round)
                    {
                        const std::lock_guard guard(mutex);
                        const int seen = counter;
                        if (round % 64 == 0)
                        {
                            std::this_thread::yield();
                        }
                        counter = seen + 1;
                    }
                });
        }
    }
    CHECK(counter == threads * rounds);
}

TEST_CASE("a mutex that is held is not taken by try_lock")
{
    Mutex mutex;
    CHECK(mutex.try_lock());
    CHECK_FALSE(mutex.try_lock());
    mutex.unlock();
    CHECK(mutex.try_lock());
    mutex.unlock();
}
