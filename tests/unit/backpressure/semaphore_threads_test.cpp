#include "budget_fixture.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <random>
#include <thread>
#include <vector>

using namespace spaceframe::backpressure;
using spaceframe::plugin::testing::FakeHost;

namespace
{

constexpr std::uint64_t limit = 10000;
constexpr int thread_count = 8;
constexpr int rounds = 3000;

// One wait of a thread. Kept until the loop has ended, which may still be about to notify.
struct Wait
{
    std::atomic<bool> granted{false};

    static void on_granted(void* context, sf_status status) noexcept
    {
        auto* wait = static_cast<Wait*>(context);
        wait->granted.store(status == SF_OK, std::memory_order_release);
        wait->granted.notify_one();
    }
};

// Delivers grants in a thread of its own until told to stop.
class LoopThread
{
public:
    explicit LoopThread(FakeHost& host)
        : host_(host)
        , thread_(
              [this]
              {
                  while (!stopped_.load())
                  {
                      host_.run_one();
                  }
              })
    {}

    ~LoopThread()
    {
        host_.table()->post(
            host_.table(), host_.loop(),
            [](void* context, sf_status)
            {
                static_cast<std::atomic<bool>*>(context)->store(true);
            },
            &stopped_);
        thread_.join();
        host_.drain();
    }

private:
    FakeHost& host_;
    std::atomic<bool> stopped_{false};
    std::thread thread_;
};

struct Totals
{
    std::atomic<std::uint64_t> used{0};
    std::atomic<std::uint64_t> most{0};
    std::atomic<std::uint64_t> cancelled{0};
    std::atomic<std::uint64_t> granted{0};
    std::atomic<std::uint64_t> wrong{0};

    // What the threads hold together may never exceed the budget, but for one message that has it to itself.
    void hold(std::uint64_t bytes)
    {
        const std::uint64_t now = used.fetch_add(bytes) + bytes;
        const bool alone = bytes > limit && now == bytes;
        if (now > limit && !alone)
        {
            wrong.fetch_add(1);
        }
    }
};

void work(SemaphorePermits& budget, std::uint32_t seed, std::deque<Wait>& waits, Totals& totals)
{
    std::mt19937 random(seed);
    for (int round = 0; round < rounds; ++round)
    {
        const std::uint64_t bytes = random() % 50 == 0 ? limit + random() % limit : random() % (limit / 3);
        if (budget.try_acquire(bytes) != SF_OK)
        {
            Wait& wait = waits.emplace_back();
            sf_ticket ticket = 0;
            if (budget.wait(bytes, {&Wait::on_granted, &wait}, ticket) != SF_OK)
            {
                totals.wrong.fetch_add(1);
                continue;
            }
            if (random() % 3 == 0 && budget.cancel(ticket) == SF_OK)
            {
                totals.cancelled.fetch_add(1);
                totals.wrong.fetch_add(wait.granted.load() ? 1 : 0);
                continue;
            }
            wait.granted.wait(false, std::memory_order_acquire);
            totals.granted.fetch_add(1);
        }
        totals.hold(bytes);
        std::this_thread::yield(); // so that others meet a budget in use even on one processor
        const std::uint64_t part = bytes / 2;
        totals.used.fetch_sub(part);
        budget.release(part);
        totals.used.fetch_sub(bytes - part);
        budget.release(bytes - part);
    }
}

} // namespace

TEST_CASE("the budget is whole again after threads took, waited, cancelled and released at random")
{
    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    FakeHost host;
    SemaphorePermits budget(host.table(), host.loop(), limit, Oversize::alone);
    Totals totals;
    std::vector<std::deque<Wait>> waits(thread_count);
    {
        const LoopThread loop(host);
        std::vector<std::thread> threads;
        for (std::deque<Wait>& own : waits)
        {
            const auto index = static_cast<std::uint32_t>(threads.size());
            threads.emplace_back(work, std::ref(budget), seed + index, std::ref(own), std::ref(totals));
        }
        for (std::thread& thread : threads)
        {
            thread.join();
        }
    }
    CHECK(totals.wrong.load() == 0);
    CHECK(totals.used.load() == 0);
    CHECK(totals.granted.load() > 0);
    CHECK(totals.cancelled.load() > 0);
    sf_budget_state state{};
    budget.state(state);
    CHECK(state.used == 0);
    CHECK(state.waiting == 0);
    CHECK(state.waited > 0);
    CHECK(budget.try_acquire(limit) == SF_OK);
}

TEST_CASE("a cancellation that races with the grant has exactly one outcome")
{
    const std::uint32_t seed = std::random_device{}();
    MESSAGE("seed ", seed);
    std::mt19937 random(seed);
    FakeHost host;
    SemaphorePermits budget(host.table(), host.loop(), 100, Oversize::alone);
    std::deque<Wait> waits(2000);
    std::uint32_t wrong = 0;
    {
        const LoopThread loop(host);
        std::atomic<std::uint32_t> asked{0};
        std::atomic<std::uint32_t> released{0};
        std::thread releaser(
            [&]
            {
                for (std::uint32_t round = 0; round < waits.size(); ++round)
                {
                    while (asked.load() == round)
                    {
                        std::this_thread::yield();
                    }
                    budget.release(100);
                    released.store(round + 1);
                    released.notify_one();
                }
            });
        for (std::uint32_t round = 0; round < waits.size(); ++round)
        {
            Wait& wait = waits[round];
            sf_ticket ticket = 0;
            wrong += budget.try_acquire(100) != SF_OK ? 1U : 0U;
            wrong += budget.wait(100, {&Wait::on_granted, &wait}, ticket) != SF_OK ? 1U : 0U;
            asked.store(round + 1);
            for (auto yields = random() % 3; yields > 0; --yields)
            {
                std::this_thread::yield();
            }
            std::atomic<std::uint32_t> spun{0};
            for (const auto spins = random() % 2000; spun.load() < spins;)
            {
                spun.fetch_add(1);
            }
            if (budget.cancel(ticket) == SF_OK)
            {
                released.wait(round);
                wrong += wait.granted.load() ? 1U : 0U;
            }
            else
            {
                wait.granted.wait(false);
                released.wait(round);
                budget.release(100);
            }
        }
        releaser.join();
    }
    CHECK(wrong == 0);
    sf_budget_state state{};
    budget.state(state);
    CHECK(state.used == 0);
    CHECK(state.waiting == 0);
    const auto late = std::count_if(waits.begin(), waits.end(),
                                    [](const Wait& wait)
                                    {
                                        return wait.granted.load();
                                    });
    MESSAGE("granted ", late, " of ", waits.size());
}
