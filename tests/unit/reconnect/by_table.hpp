#pragma once

#include <spaceframe/plugin/plugin.hpp>
#include <spaceframe/plugin/testing/fake_host.hpp>
#include <spaceframe/plugin/testing/option_values.hpp>

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>

namespace spaceframe::reconnect_test
{

using plugin::testing::FakeHost;
using plugin::testing::OptionValues;

constexpr sf_failure failure(sf_status status, int os_error = 0)
{
    return {sizeof(sf_failure), status, os_error, 0};
}

inline constexpr sf_failure refused = failure(SF_REFUSED, 111);

template <class Schedule>
std::chrono::nanoseconds delay_of(Schedule& schedule, std::uint32_t attempt, const sf_failure& last = refused)
{
    const std::optional<std::chrono::nanoseconds> delay = schedule.next_delay(attempt, last);
    REQUIRE(delay);
    return *delay;
}

// A schedule made as the kernel makes it: through the role's table, from text.
class ByTable
{
public:
    explicit ByTable(const sf_role& role, std::initializer_list<OptionValues::Setting> settings)
        : table_(static_cast<const sf_reconnect*>(role.table))
    {
        const OptionValues values(role, settings);
        REQUIRE(table_->create(host_.table(), values.data(), values.size(), &schedule_) == SF_OK);
    }

    ~ByTable()
    {
        table_->destroy(schedule_);
    }

    ByTable(const ByTable&) = delete;
    ByTable& operator=(const ByTable&) = delete;

    sf_status next(std::uint32_t attempt, const sf_failure& last = refused)
    {
        attempt_ = attempt;
        return table_->next_delay(schedule_, attempt, &last, &delay_);
    }

    // The attempt after the last one.
    sf_status next()
    {
        return next(attempt_ + 1);
    }

    void reset()
    {
        attempt_ = 0;
        table_->reset(schedule_);
    }

    std::chrono::nanoseconds delay() const
    {
        return std::chrono::nanoseconds(delay_);
    }

private:
    FakeHost host_;
    const sf_reconnect* table_;
    sf_schedule* schedule_ = nullptr;
    std::uint32_t attempt_ = 0;
    std::uint64_t delay_ = 0;
};

// What the role says to options that it does not take.
inline std::pair<sf_status, std::string> refusal_of(const sf_role& role,
                                                    std::initializer_list<OptionValues::Setting> settings)
{
    FakeHost host;
    const OptionValues values(role, settings);
    sf_schedule* schedule = nullptr;
    const sf_status status = static_cast<const sf_reconnect*>(role.table)
                                 ->create(host.table(), values.data(), values.size(), &schedule);
    return {status, host.last_error().text};
}

} // namespace spaceframe::reconnect_test
