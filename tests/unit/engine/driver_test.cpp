#include "engine/driver.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

using namespace spaceframe;
using namespace spaceframe::engine;
using namespace std::chrono_literals;

namespace
{

/// With threads of its own, or without.
class Fixture
{
public:
    explicit Fixture(unsigned threads) : driver(threads, 0ns)
    {
        driver.start();
    }

    ~Fixture()
    {
        driver.stop();
    }

    Driver driver;
    Signal signal;
};

std::chrono::nanoseconds processor_time()
{
    timespec time{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

} // namespace

TEST_CASE("a call returns what the function returned on the loop")
{
    for (const unsigned threads : {0U, 1U, 3U})
    {
        CAPTURE(threads);
        Fixture f(threads);
        for (int i = 0; i < 100; ++i)
        {
            Loop& loop = f.driver.next_loop();
            CHECK(f.driver.call(loop,
                                [&]
                                {
                                    return loop.running_here() && f.driver.on_a_loop() ? i : -1;
                                }) == i);
        }
        CHECK_FALSE(f.driver.on_a_loop());
    }
}

TEST_CASE("a call throws what the function threw, and the loop goes on")
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        Fixture f(threads);
        const auto thrower = []() -> int
        {
            throw std::runtime_error("no");
        };
        CHECK_THROWS_WITH(f.driver.call(f.driver.first_loop(), thrower), "no");
        CHECK(f.driver.call(f.driver.first_loop(),
                            []
                            {
                                return 5;
                            }) == 5);
    }
}

TEST_CASE("a call on its own loop runs at once")
{
    Fixture f(1);
    Loop& loop = f.driver.first_loop();
    CHECK(f.driver.call(loop,
                        [&]
                        {
                            return f.driver.call(loop,
                                                 []
                                                 {
                                                     return 3;
                                                 });
                        }) == 3);
}

TEST_CASE("many threads call at once and all come back")
{
    for (const unsigned threads : {0U, 2U})
    {
        CAPTURE(threads);
        Fixture f(threads);
        std::atomic<int> sum{0};
        std::vector<std::thread> callers;
        for (int i = 0; i < 4; ++i)
        {
            callers.emplace_back(
                [&]
                {
                    for (int n = 0; n < 500; ++n)
                    {
                        sum += f.driver.call(f.driver.next_loop(),
                                             []
                                             {
                                                 return 1;
                                             });
                    }
                });
        }
        for (std::thread& caller : callers)
        {
            caller.join();
        }
        CHECK(sum.load() == 2000);
    }
}

TEST_CASE("no wake-up is lost between threads that wait and one that announces")
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        Fixture f(threads);
        std::mutex mutex;
        int turn = 0;
        std::vector<std::thread> players;
        for (int player = 0; player < 3; ++player)
        {
            players.emplace_back(
                [&, player]
                {
                    for (int next = player; next < 3000; next += 3)
                    {
                        f.driver.wait(
                            f.signal,
                            [&]
                            {
                                const std::lock_guard lock(mutex);
                                return turn == next;
                            },
                            Clock::time_point::max());
                        {
                            const std::lock_guard lock(mutex);
                            ++turn;
                        }
                        f.driver.notify(f.signal);
                    }
                });
        }
        for (std::thread& player : players)
        {
            player.join();
        }
        CHECK(turn == 3000);
    }
}

TEST_CASE("whoever waits inherits the seat, so that the loop runs on")
{
    Fixture f(0);
    std::atomic<bool> first_done{false};
    std::atomic<bool> first_drives{false};
    std::atomic<bool> handled{false};
    std::thread first(
        [&]
        {
            f.driver.wait(
                f.signal,
                [&]
                {
                    first_drives = true;
                    return first_done.load();
                },
                Clock::time_point::max());
        });
    while (!first_drives.load())
    {
        std::this_thread::yield();
    }
    std::thread second(
        [&]
        {
            f.driver.wait(
                f.signal,
                [&]
                {
                    return handled.load();
                },
                Clock::time_point::max());
        });
    first_done = true;
    f.driver.notify(f.signal);
    first.join();
    // Nobody but `second` can run this.
    f.driver.first_loop().post(
        [&]
        {
            handled = true;
        });
    second.join();
    CHECK(handled.load());
}

TEST_CASE("a thread that finds the seat taken keeps its deadline")
{
    Fixture f(0);
    std::atomic<bool> done{false};
    std::atomic<bool> drives{false};
    std::thread driving(
        [&]
        {
            f.driver.wait(
                f.signal,
                [&]
                {
                    drives = true;
                    return done.load();
                },
                Clock::time_point::max());
        });
    while (!drives.load())
    {
        std::this_thread::yield();
    }
    const auto begin = Clock::now();
    CHECK_FALSE(f.driver.wait(
        f.signal,
        []
        {
            return false;
        },
        begin + 20ms));
    CHECK(Clock::now() - begin >= 20ms);
    done = true;
    f.driver.notify(f.signal);
    driving.join();
}

TEST_CASE("nobody who waits is busy")
{
    for (const unsigned threads : {0U, 2U})
    {
        CAPTURE(threads);
        Fixture f(threads);
        std::atomic<int> asked{0};
        const auto wait = [&]
        {
            f.driver.wait(
                f.signal,
                [&]
                {
                    ++asked;
                    return false;
                },
                Clock::now() + 200ms);
        };
        const auto before = processor_time();
        std::thread one(wait);
        std::thread two(wait);
        wait();
        one.join();
        two.join();
        CHECK(processor_time() - before < 150ms);
        CHECK(asked.load() < 100);
    }
}

TEST_CASE("polling runs what is ready and nothing else")
{
    Fixture f(0);
    int ran = 0;
    f.driver.first_loop().post(
        [&]
        {
            ++ran;
            f.driver.poll(); // on the loop: does nothing
        });
    CHECK(ran == 0);
    f.driver.poll();
    CHECK(ran == 1);
    f.driver.poll();
    CHECK(ran == 1);
}

TEST_CASE("connections spread over the loops")
{
    Driver driver(3, 0ns);
    std::vector<std::size_t> indices;
    for (int i = 0; i < 6; ++i)
    {
        indices.push_back(driver.next_loop().index());
    }
    CHECK(indices == std::vector<std::size_t>{0, 1, 2, 0, 1, 2});
}

TEST_CASE("stopping runs what was posted")
{
    for (const unsigned threads : {0U, 2U})
    {
        CAPTURE(threads);
        std::atomic<int> ran{0};
        Driver driver(threads, 0ns);
        driver.start();
        for (int i = 0; i < 10; ++i)
        {
            driver.next_loop().post(
                [&]
                {
                    ++ran;
                });
        }
        driver.stop();
        CHECK(ran.load() == 10);
    }
}

TEST_CASE("while a loop without a thread ends, its handlers still run one at a time")
{
    constexpr int handlers = 2000;
    Driver driver(0, 0ns);
    driver.start();
    Signal signal;
    std::atomic<bool> inside{false};
    std::atomic<bool> together{false};
    std::atomic<bool> drives{false};
    std::atomic<int> ran{0};
    std::thread waiting(
        [&]
        {
            driver.wait(
                signal,
                [&]
                {
                    drives = true;
                    return ran.load() == handlers;
                },
                Clock::time_point::max());
        });
    while (!drives.load())
    {
        std::this_thread::yield();
    }
    for (int i = 0; i < handlers; ++i)
    {
        driver.first_loop().post(
            [&]
            {
                together = together || inside.exchange(true);
                std::this_thread::yield();
                inside = false;
                ++ran;
            });
    }
    driver.stop();
    waiting.join();
    CHECK(ran.load() == handlers);
    CHECK_FALSE(together.load());
}

TEST_CASE("a loop without a thread ends while others still wait for what never comes")
{
    // It polls before it sleeps.
    Driver driver(0, 50us);
    driver.start();
    Signal signal;
    std::atomic<int> waiting{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 3; ++i)
    {
        threads.emplace_back(
            [&]
            {
                bool counted = false;
                driver.wait(
                    signal,
                    [&]
                    {
                        waiting += counted ? 0 : 1;
                        counted = true;
                        return driver.ended();
                    },
                    Clock::time_point::max());
            });
    }
    while (waiting.load() < 3)
    {
        std::this_thread::yield();
    }
    driver.stop();
    driver.notify(signal);
    for (std::thread& thread : threads)
    {
        thread.join();
    }
}

TEST_CASE("polling ends although each handler has the next one ready")
{
    constexpr int endless = 1'000'000;
    int handlers = 0;
    std::function<void()> handler;
    Fixture f(0);
    Loop& loop = f.driver.first_loop();
    handler = [&]
    {
        if (++handlers < endless)
        {
            loop.post(handler);
        }
    };
    loop.post(handler);
    f.driver.poll();
    CHECK(handlers > 0);
    CHECK(handlers < endless);
    handlers = endless;
}
