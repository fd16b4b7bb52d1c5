#include "unlimited_permits.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>

#include <doctest/doctest.h>

#include <cstdint>

using spaceframe::backpressure::UnlimitedPermits;

TEST_CASE("noop declares itself unlimited and grants everything")
{
    spaceframe::plugin::testing::FakeHost host;
    UnlimitedPermits budget(host.table(), host.loop());
    CHECK(UnlimitedPermits::flags == SF_BACKPRESSURE_UNLIMITED);
    CHECK(budget.try_acquire(UINT64_MAX) == SF_OK);
    CHECK(budget.try_acquire(UINT64_MAX) == SF_OK);

    sf_budget_state state{};
    budget.state(state);
    CHECK(state.limit == UINT64_MAX);
}

TEST_CASE("noop posts the grant of a wait")
{
    spaceframe::plugin::testing::FakeHost host;
    UnlimitedPermits budget(host.table(), host.loop());
    int granted = 0;
    sf_ticket ticket = 0;
    const auto count = [](void* context, sf_status status) noexcept
    {
        *static_cast<int*>(context) += status == SF_OK ? 1 : 100;
    };
    CHECK(budget.wait(1, {count, &granted}, ticket) == SF_OK);
    CHECK(granted == 0);
    CHECK(ticket != 0);
    CHECK(budget.cancel(ticket) == SF_NOT_FOUND);
    host.drain();
    CHECK(granted == 1);
}
