#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "age_limit.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <cstdint>
#include <initializer_list>

using namespace std::chrono_literals;
using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::OptionValues;

namespace
{

constexpr sf_role role = spaceframe::plugin::backpressure_role<age::AgeLimit, age::age_options>("", "");
const sf_backpressure& table = *static_cast<const sf_backpressure*>(role.table);

// What a policy says, made as the kernel makes it, of a queue whose first message has waited so long.
std::uint32_t verdict(std::initializer_list<OptionValues::Setting> settings, std::chrono::nanoseconds age)
{
    const OptionValues values(role, settings);
    FakeHost host;
    sf_budget* policy = nullptr;
    REQUIRE(table.create(host.table(), host.loop(), values.data(), values.size(), &policy) == SF_OK);
    sf_queue_summary queue{};
    queue.size = sizeof queue;
    queue.messages = 5;
    queue.oldest_age = static_cast<std::uint64_t>(age.count());
    const std::uint32_t said = table.on_full(policy, &queue);
    table.destroy(policy);
    return said;
}

} // namespace

TEST_CASE("the kernel need not ask for permits, but has to ask what a full peer means")
{
    CHECK(table.flags == (SF_BACKPRESSURE_UNLIMITED | SF_BACKPRESSURE_DECIDES));
}

TEST_CASE("a message that has waited long enough gives its place to the new one")
{
    CHECK(verdict({{"max_age", "1s"}}, 1s) == SF_ON_FULL_DROP_OLDEST);
    CHECK(verdict({{"max_age", "1s"}}, 2h) == SF_ON_FULL_DROP_OLDEST);
}

TEST_CASE("younger ones stay, and the new one does as the option says")
{
    CHECK(verdict({{"max_age", "1s"}}, 999ms) == SF_ON_FULL_WAIT);
    CHECK(verdict({{"max_age", "1s"}, {"otherwise", "refuse"}}, 0s) == SF_ON_FULL_REFUSE);
    CHECK(verdict({{"max_age", "1s"}, {"otherwise", "drop_newest"}}, 0s) == SF_ON_FULL_DROP_NEWEST);
}
