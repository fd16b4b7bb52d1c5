#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "rate_limit.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <initializer_list>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

using namespace std::chrono_literals;
using spaceframe::plugin::testing::Clock;
using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::OptionValues;

namespace
{

constexpr sf_role role = spaceframe::plugin::backpressure_role<rate::RateLimit, rate::rate_options>("", "");

// A budget made as the kernel makes it, on a loop and a clock that the test drives; and the grants that it
// delivered, in order. The fake host complains of every timer and callback that is left over.
class Budget
{
public:
    explicit Budget(std::initializer_list<OptionValues::Setting> settings, Clock clock = Clock::manual)
        : host_(clock)
    {
        const OptionValues values(role, settings);
        REQUIRE(table_.create(host_.table(), host_.loop(), values.data(), values.size(), &budget_) == SF_OK);
    }

    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;

    ~Budget()
    {
        if (budget_ != nullptr)
        {
            destroy();
        }
        host_.drain();
    }

    void destroy()
    {
        table_.destroy(std::exchange(budget_, nullptr));
    }

    sf_status try_acquire(std::uint64_t bytes)
    {
        return table_.try_acquire(budget_, bytes);
    }

    // Waits under a name that `granted` lists when the grant has come.
    sf_ticket wait(std::uint64_t bytes, int name)
    {
        waits_.push_back(std::make_unique<Wait>(Wait{this, name}));
        sf_ticket ticket = 0;
        REQUIRE(table_.wait(budget_, bytes, &on_granted, waits_.back().get(), &ticket) == SF_OK);
        return ticket;
    }

    // [any] Waits; the grant is counted.
    sf_ticket wait_counted(std::uint64_t bytes, std::atomic<int>& granted)
    {
        const auto count = [](void* context, sf_status)
        {
            ++*static_cast<std::atomic<int>*>(context);
        };
        sf_ticket ticket = 0;
        CHECK(table_.wait(budget_, bytes, count, &granted, &ticket) == SF_OK);
        return ticket;
    }

    sf_status cancel(sf_ticket ticket)
    {
        return table_.cancel(budget_, ticket);
    }

    void release(std::uint64_t bytes)
    {
        table_.release(budget_, bytes);
    }

    sf_budget_state state()
    {
        sf_budget_state state{};
        table_.state(budget_, &state);
        return state;
    }

    // Lets time pass and runs what came due.
    const std::vector<int>& granted_after(std::chrono::nanoseconds time)
    {
        host_.drain();
        host_.advance(time);
        host_.drain();
        return granted_;
    }

    const std::vector<int>& granted_after_one_turn(std::chrono::nanoseconds time)
    {
        host_.advance(time);
        host_.run_one();
        return granted_;
    }

    const std::vector<int>& granted_so_far() const
    {
        return granted_;
    }

    FakeHost& host()
    {
        return host_;
    }

private:
    struct Wait
    {
        Budget* budget;
        int name;
    };

    static void on_granted(void* context, sf_status status)
    {
        const auto* const wait = static_cast<const Wait*>(context);
        CHECK(status == SF_OK);
        wait->budget->granted_.push_back(wait->name);
    }

    const sf_backpressure& table_ = *static_cast<const sf_backpressure*>(role.table);
    FakeHost host_;
    sf_budget* budget_ = nullptr;
    std::vector<std::unique_ptr<Wait>> waits_;
    std::vector<int> granted_;
};

using Names = std::vector<int>;

} // namespace

TEST_CASE("what the burst holds goes at once, more waits for the time that the rate says")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    CHECK(budget.try_acquire(100) == SF_OK);
    CHECK(budget.try_acquire(50) == SF_WOULD_BLOCK);
    budget.wait(50, 1);
    CHECK(budget.granted_so_far().empty());
    CHECK(budget.granted_after(49ms).empty());
    CHECK(budget.granted_after(1ms) == Names{1});
}

TEST_CASE("those who wait are served in the order in which they came, and nobody passes them")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    REQUIRE(budget.try_acquire(100) == SF_OK);
    budget.wait(90, 1);
    budget.wait(10, 2);
    CHECK(budget.granted_after(50ms).empty());
    CHECK(budget.try_acquire(1) == SF_WOULD_BLOCK);
    CHECK(budget.granted_after(40ms) == Names{1});
    CHECK(budget.granted_after(10ms) == Names{1, 2});
}

TEST_CASE("a message larger than the burst goes alone, and those behind it pay for it")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    CHECK(budget.try_acquire(1100) == SF_OK);
    budget.wait(100, 1);
    CHECK(budget.granted_after(1099ms).empty());
    CHECK(budget.granted_after(1ms) == Names{1});
}

TEST_CASE("giving back brings no tokens, and is counted")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    REQUIRE(budget.try_acquire(100) == SF_OK);
    CHECK(budget.state().used == 100);
    budget.release(100);
    CHECK(budget.state().used == 0);
    CHECK(budget.try_acquire(1) == SF_WOULD_BLOCK);
}

TEST_CASE("a wait that is cancelled is not granted, and those behind it move up")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    REQUIRE(budget.try_acquire(100) == SF_OK);
    const sf_ticket first = budget.wait(100, 1);
    const sf_ticket second = budget.wait(10, 2);
    CHECK(budget.granted_after(10ms).empty());
    CHECK(budget.cancel(first) == SF_OK);
    CHECK(budget.cancel(first) == SF_NOT_FOUND);
    CHECK(budget.granted_after(0ms) == Names{2});
    CHECK(budget.cancel(second) == SF_NOT_FOUND);
    CHECK(budget.state().waiting == 0);
    CHECK(budget.state().waited == 2);
}

TEST_CASE("no timer is left when the last one who waited has gone, also when the budget goes at once")
{
    Budget budget({{"rate", "1"}, {"burst", "1"}});
    REQUIRE(budget.try_acquire(1) == SF_OK);
    const sf_ticket ticket = budget.wait(1, 1);
    CHECK(budget.granted_after(0ms).empty());
    CHECK_FALSE(budget.host().faults().empty());
    CHECK(budget.cancel(ticket) == SF_OK);
    budget.destroy();
    budget.host().drain();
    CHECK(budget.host().faults().empty());
    CHECK(budget.granted_so_far().empty());
}

TEST_CASE("without memory for a timer those who wait are served all the same, with one warning")
{
    Budget budget({{"rate", "1000"}, {"burst", "100"}});
    budget.host().limit_timers(0);
    REQUIRE(budget.try_acquire(100) == SF_OK);
    budget.wait(50, 1);
    for (int turn = 0; turn < 5; ++turn)
    {
        REQUIRE(budget.host().run_one());
    }
    CHECK(budget.granted_so_far().empty());
    CHECK(budget.granted_after_one_turn(50ms) == Names{1});
    CHECK(budget.host().log_lines().size() == 1);
}

TEST_CASE("threads that wait and cancel at once lose no grant and get none twice")
{
    Budget budget({{"rate", "1GB"}, {"burst", "1kB"}}, Clock::real);
    constexpr int each = 200;
    std::atomic<int> granted{0};
    std::atomic<int> cancelled{0};
    std::vector<std::thread> threads;
    for (int thread = 0; thread < 3; ++thread)
    {
        threads.emplace_back(
            [&]
            {
                for (int i = 0; i < each; ++i)
                {
                    const sf_ticket ticket = budget.wait_counted(10'000, granted);
                    if (i % 2 == 0 && budget.cancel(ticket) == SF_OK)
                    {
                        ++cancelled;
                    }
                }
            });
    }
    CHECK(budget.host().run_until(
        [&]
        {
            return granted + cancelled == 3 * each;
        }));
    for (std::thread& thread : threads)
    {
        thread.join();
    }
    CHECK(budget.state().waiting == 0);
    CHECK(budget.state().used == static_cast<std::uint64_t>(granted) * 10'000);
}
