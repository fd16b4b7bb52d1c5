#include "budget_fixture.hpp"

#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <vector>

using namespace spaceframe::backpressure;
using spaceframe::backpressure::testing::BudgetFixture;
using Names = std::vector<int>;

TEST_CASE("a budget grants what fits and refuses what does not")
{
    BudgetFixture fixture(100);
    CHECK(fixture.budget().try_acquire(60) == SF_OK);
    CHECK(fixture.budget().try_acquire(41) == SF_WOULD_BLOCK);
    CHECK(fixture.budget().try_acquire(40) == SF_OK);
    CHECK(fixture.budget().try_acquire(0) == SF_OK);
    CHECK(fixture.budget().try_acquire(1) == SF_WOULD_BLOCK);
    CHECK(fixture.state().used == 100);
    fixture.budget().release(100);
    CHECK(fixture.state().used == 0);
}

TEST_CASE("what was granted at once may be released in parts")
{
    BudgetFixture fixture(100);
    REQUIRE(fixture.budget().try_acquire(100) == SF_OK);
    fixture.budget().release(30);
    CHECK(fixture.budget().try_acquire(31) == SF_WOULD_BLOCK);
    CHECK(fixture.budget().try_acquire(30) == SF_OK);
}

TEST_CASE("waiters are granted in the order in which they came")
{
    BudgetFixture fixture(100);
    REQUIRE(fixture.budget().try_acquire(100) == SF_OK);
    for (int name = 1; name <= 4; ++name)
    {
        CHECK(fixture.wait(25, name) != 0);
    }
    fixture.budget().release(50);
    CHECK(fixture.granted() == Names{1, 2});
    fixture.budget().release(50);
    CHECK(fixture.granted() == Names{1, 2, 3, 4});
    CHECK(fixture.state().used == 100);
}

TEST_CASE("nobody overtakes a waiter, neither by trying nor by waiting")
{
    BudgetFixture fixture(100);
    REQUIRE(fixture.budget().try_acquire(60) == SF_OK);
    fixture.wait(80, 1);
    fixture.wait(10, 2);
    CHECK(fixture.budget().try_acquire(1) == SF_WOULD_BLOCK);
    CHECK(fixture.budget().try_acquire(0) == SF_WOULD_BLOCK);
    CHECK(fixture.granted().empty());

    fixture.budget().release(60);
    CHECK(fixture.granted() == Names{1, 2});
    CHECK(fixture.budget().try_acquire(10) == SF_OK);
}

TEST_CASE("a large message is not starved by small ones that keep coming")
{
    BudgetFixture fixture(100);
    for (int i = 0; i < 10; ++i)
    {
        REQUIRE(fixture.budget().try_acquire(10) == SF_OK);
    }
    fixture.wait(100, 1);
    for (int name = 2; name < 12; ++name)
    {
        fixture.budget().release(10);
        CHECK(fixture.budget().try_acquire(10) == SF_WOULD_BLOCK);
        fixture.wait(10, name);
    }
    CHECK(fixture.granted() == Names{1});
}

TEST_CASE("grants are posted: never delivered inside wait, release or cancel")
{
    BudgetFixture fixture(100);
    fixture.wait(100, 1);
    CHECK(fixture.status() == SF_OK);
    CHECK(fixture.granted_so_far().empty());
    CHECK(fixture.granted() == Names{1});

    const sf_ticket large = fixture.wait(100, 2);
    fixture.wait(1, 3);
    fixture.budget().release(1);
    CHECK(fixture.budget().cancel(large) == SF_OK);
    CHECK(fixture.granted_so_far() == Names{1});
    CHECK(fixture.granted() == Names{1, 3});
}

TEST_CASE("a cancelled waiter is never called, and lets those behind it through")
{
    BudgetFixture fixture(100);
    REQUIRE(fixture.budget().try_acquire(50) == SF_OK);
    const sf_ticket large = fixture.wait(60, 1);
    fixture.wait(20, 2);
    const sf_ticket middle = fixture.wait(20, 3);
    fixture.wait(10, 4);
    CHECK(fixture.budget().cancel(middle) == SF_OK);
    CHECK(fixture.budget().cancel(middle) == SF_NOT_FOUND);
    CHECK(fixture.budget().cancel(large) == SF_OK);
    CHECK(fixture.granted() == Names{2, 4});
    CHECK(fixture.state().used == 80);
    CHECK(fixture.budget().try_acquire(20) == SF_OK);
}

TEST_CASE("cancelling after the grant says so, and the grant is still delivered")
{
    BudgetFixture fixture(100);
    const sf_ticket ticket = fixture.wait(70, 1);
    CHECK(fixture.budget().cancel(ticket) == SF_NOT_FOUND);
    CHECK(fixture.granted() == Names{1});
    CHECK(fixture.budget().cancel(ticket) == SF_NOT_FOUND);
    fixture.budget().release(70);
    CHECK(fixture.state().used == 0);
}

TEST_CASE("a ticket is not mistaken for a later one")
{
    BudgetFixture fixture(100);
    const sf_ticket old = fixture.wait(100, 1);
    REQUIRE(fixture.granted() == Names{1});
    const sf_ticket current = fixture.wait(10, 2);
    CHECK(old != current);
    CHECK(fixture.budget().cancel(old) == SF_NOT_FOUND);
    CHECK(fixture.budget().cancel(0) == SF_NOT_FOUND);
    CHECK(fixture.budget().cancel(current + 1) == SF_NOT_FOUND);
    CHECK(fixture.state().waiting == 1);
    CHECK(fixture.budget().cancel(current) == SF_OK);
}

TEST_CASE("oversize alone: admitted to an empty budget, which it then has to itself")
{
    BudgetFixture fixture(100, Oversize::alone);
    REQUIRE(fixture.budget().try_acquire(1) == SF_OK);
    CHECK(fixture.budget().try_acquire(1000) == SF_WOULD_BLOCK);
    fixture.wait(1000, 1);
    fixture.wait(10, 2);
    CHECK(fixture.granted().empty());

    fixture.budget().release(1);
    CHECK(fixture.granted() == Names{1});
    CHECK(fixture.state().used == 1000);
    fixture.budget().release(909);
    CHECK(fixture.granted() == Names{1});
    fixture.budget().release(1);
    CHECK(fixture.granted() == Names{1, 2});
    fixture.budget().release(100);
    CHECK(fixture.budget().try_acquire(1000) == SF_OK);
}

TEST_CASE("oversize refuse: refused at once, with both sizes")
{
    BudgetFixture fixture(100, Oversize::refuse);
    CHECK(fixture.budget().try_acquire(101) == SF_TOO_LARGE);
    const auto tried = fixture.host().last_error();
    CHECK(tried.status == SF_TOO_LARGE);
    CHECK(tried.text.find("101") != std::string::npos);
    CHECK(tried.text.find("100 bytes") != std::string::npos);

    fixture.host().clear_error();
    fixture.wait(102, 1);
    CHECK(fixture.status() == SF_TOO_LARGE);
    CHECK(fixture.host().last_error().text.find("102") != std::string::npos);
    CHECK(fixture.granted().empty());
    CHECK(fixture.budget().try_acquire(100) == SF_OK);
}

TEST_CASE("a size that cannot be counted is refused by every budget")
{
    BudgetFixture fixture(100, Oversize::alone);
    CHECK(fixture.budget().try_acquire(UINT64_MAX) == SF_TOO_LARGE);
    CHECK(fixture.budget().try_acquire(SemaphorePermits::greatest + 1) == SF_TOO_LARGE);
    CHECK(fixture.budget().try_acquire(SemaphorePermits::greatest) == SF_OK);
    CHECK(fixture.budget().try_acquire(1) == SF_WOULD_BLOCK);
    CHECK(fixture.state().used == SemaphorePermits::greatest);
}

TEST_CASE("the state tells limit, use, and who waits or ever waited")
{
    BudgetFixture fixture(100);
    fixture.wait(100, 1);
    const sf_ticket ticket = fixture.wait(1, 2);
    fixture.wait(2, 3);
    const sf_budget_state full = fixture.state();
    CHECK(full.limit == 100);
    CHECK(full.used == 100);
    CHECK(full.waiting == 2);
    CHECK(full.waited == 2);

    fixture.budget().cancel(ticket);
    fixture.budget().release(100);
    const sf_budget_state after = fixture.state();
    CHECK(after.used == 2);
    CHECK(after.waiting == 0);
    CHECK(after.waited == 2);
    CHECK(fixture.granted() == Names{1, 3});
}

TEST_CASE("a grant that was posted outlives its budget")
{
    BudgetFixture fixture(100);
    fixture.wait(100, 1);
    fixture.budget().release(100);
    fixture.destroy();
    CHECK(fixture.granted() == Names{1});
}

TEST_CASE("the options of the semaphore make the budget that they describe")
{
    spaceframe::plugin::testing::FakeHost host;
    const spaceframe::plugin::testing::OptionValues values(semaphore_options, std::size(semaphore_options),
                                                           {{"bytes", "4KiB"}, {"oversize", "refuse"}});
    SemaphorePermits budget(host.table(), host.loop(),
                            spaceframe::plugin::Options(semaphore_options, values.data(), values.size()));
    CHECK(budget.try_acquire(4097) == SF_TOO_LARGE);
    CHECK(budget.try_acquire(4096) == SF_OK);

    const spaceframe::plugin::testing::OptionValues defaults(semaphore_options, std::size(semaphore_options),
                                                             {});
    SemaphorePermits usual(host.table(), host.loop(),
                           spaceframe::plugin::Options(semaphore_options, defaults.data(), defaults.size()));
    sf_budget_state state{};
    usual.state(state);
    CHECK(state.limit == 64U << 20U);
    CHECK(usual.try_acquire(state.limit + 1) == SF_OK);
}
