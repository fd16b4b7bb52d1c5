// What a permit costs: taking and giving back, uncontended, directly and through the role's table as the
// kernel does.

#include "semaphore_permits.hpp"

#include <spaceframe/plugin/plugin.hpp>
#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <benchmark/benchmark.h>

namespace
{

using namespace spaceframe::backpressure;
using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::OptionValues;

void acquire_and_release(benchmark::State& state)
{
    FakeHost host;
    SemaphorePermits budget(host.table(), host.loop(), 64U << 20U, Oversize::alone);
    for ([[maybe_unused]] auto _ : state)
    {
        benchmark::DoNotOptimize(budget.try_acquire(100));
        budget.release(100);
    }
}
BENCHMARK(acquire_and_release);

void acquire_and_release_through_the_table(benchmark::State& state)
{
    constexpr sf_role role =
        spaceframe::plugin::backpressure_role<SemaphorePermits, semaphore_options>("semaphore", "");
    FakeHost host;
    const OptionValues values(role, {});
    sf_backpressure table = *static_cast<const sf_backpressure*>(role.table);
    benchmark::DoNotOptimize(table);
    sf_budget* budget = nullptr;
    if (table.create(host.table(), host.loop(), values.data(), values.size(), &budget) != SF_OK)
    {
        state.SkipWithError("the budget could not be made");
        return;
    }
    for ([[maybe_unused]] auto _ : state)
    {
        benchmark::DoNotOptimize(table.try_acquire(budget, 100));
        table.release(budget, 100);
    }
    table.destroy(budget);
}
BENCHMARK(acquire_and_release_through_the_table);

} // namespace

BENCHMARK_MAIN();
