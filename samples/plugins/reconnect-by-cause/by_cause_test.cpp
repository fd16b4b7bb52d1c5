#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include "by_cause.hpp"

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

constexpr sf_role role =
    spaceframe::plugin::reconnect_role<by_cause::ByCause, by_cause::by_cause_options>("", "");

// A policy made as the kernel makes it: through the role's table, from what a manifest says.
class Policy
{
public:
    explicit Policy(std::initializer_list<OptionValues::Setting> settings = {})
    {
        const OptionValues values(role, settings);
        REQUIRE(table_.create(host_.table(), values.data(), values.size(), &schedule_) == SF_OK);
    }

    Policy(const Policy&) = delete;
    Policy& operator=(const Policy&) = delete;

    ~Policy()
    {
        table_.destroy(schedule_);
    }

    // The delay, or nothing when the policy stops.
    std::optional<std::chrono::nanoseconds> next(std::uint32_t attempt, sf_status cause)
    {
        const sf_failure last{sizeof(sf_failure), cause, 0, 0};
        std::uint64_t delay = 0;
        if (table_.next_delay(schedule_, attempt, &last, &delay) != SF_OK)
        {
            return std::nullopt;
        }
        return std::chrono::nanoseconds(delay);
    }

private:
    const sf_reconnect& table_ = *static_cast<const sf_reconnect*>(role.table);
    FakeHost host_;
    sf_schedule* schedule_ = nullptr;
};

} // namespace

TEST_CASE("each kind of failure has its own delay")
{
    Policy policy({{"absent", "10ms"}, {"lost", "20ms"}, {"other", "30s"}});
    CHECK(policy.next(1, SF_REFUSED) == 10ms);
    CHECK(policy.next(1, SF_NOT_FOUND) == 10ms);
    CHECK(policy.next(1, SF_CLOSED) == 20ms);
    CHECK(policy.next(1, SF_PROTOCOL) == 30s);
    CHECK(policy.next(1, SF_SYSTEM) == 30s);
}

TEST_CASE("a peer that hangs up each time is not dialled without a pause")
{
    Policy policy({{"lost", "0s"}, {"absent", "10ms"}});
    CHECK(policy.next(1, SF_CLOSED) == 0s);
    CHECK(policy.next(2, SF_CLOSED) == 10ms);
}

TEST_CASE("without options it never stops")
{
    Policy policy;
    CHECK(policy.next(1, SF_REFUSED) == 50ms);
    CHECK(policy.next(1, SF_CLOSED) == 0s);
    CHECK(policy.next(UINT32_MAX, SF_TIMED_OUT) == 5s);
}

TEST_CASE("it stops after so many attempts")
{
    Policy policy({{"attempts", "3"}});
    CHECK(policy.next(3, SF_REFUSED).has_value());
    CHECK_FALSE(policy.next(4, SF_REFUSED).has_value());
}
