

#include <spaceframe/plugin/plugin.hpp>
#include <spaceframe/plugin/testing/fake_host.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <limits>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

using namespace spaceframe::plugin;
using spaceframe::plugin::testing::FakeHost;
using namespace std::chrono_literals;

namespace
{

constexpr sf_option steady_options[] = {
    option("delay", Type::duration, "1s", "The delay").range("1ms", "1h"),
    option("limit", Type::integer, "3", "How often"),
};

class Steady
{
public:
    explicit Steady(const Options& options)
        : delay_(options.duration("delay"))
        , limit_(options.integer("limit"))
    {
        if (limit_ < 0)
        {
            throw Error(SF_INVALID, "the limit is negative", EINVAL);
        }
    }

    std::optional<std::chrono::nanoseconds> next_delay(std::uint32_t attempt, const sf_failure&) const
    {
        if (attempt == 77)
        {
            throw std::runtime_error("unlucky");
        }
        return attempt <= limit_ ? std::optional(delay_) : std::nullopt;
    }

private:
    std::chrono::nanoseconds delay_;
    std::int64_t limit_;
};

constexpr sf_role steady = reconnect_role<Steady, steady_options>("steady", "The same delay");

std::array<sf_value, 2> values(std::int64_t delay, std::int64_t limit)
{
    return {{{delay, 0, {nullptr, 0}}, {limit, 0, {nullptr, 0}}}};
}

const sf_reconnect& table_of(const sf_role& role)
{
    return *static_cast<const sf_reconnect*>(role.table);
}

// Throws what its argument says when it is made.
template <int Kind>
struct Thrower
{
    Thrower()
    {
        if constexpr (Kind == 0)
        {
            throw std::bad_alloc();
        }
        else if constexpr (Kind == 1)
        {
            throw std::system_error(ECONNREFUSED, std::generic_category(), "connect");
        }
        else
        {
            throw int{Kind};
        }
    }

    std::optional<std::chrono::nanoseconds> next_delay(std::uint32_t, const sf_failure&) noexcept
    {
        return std::nullopt;
    }
};

template <int Kind>
sf_status create_thrower(const FakeHost& host)
{
    sf_schedule* schedule = nullptr;
    const sf_role role = reconnect_role<Thrower<Kind>>("thrower", "");
    const sf_status status = table_of(role).create(host.table(), nullptr, 0, &schedule);
    CHECK(schedule == nullptr);
    CHECK(host.last_error().status == status);
    return status;
}

} // namespace

TEST_CASE("a role carries its name, its table with its size, and its options")
{
    CHECK(steady.role == SF_ROLE_RECONNECT);
    CHECK(steady.option_size == sizeof(sf_option));
    CHECK(std::string_view(steady.name) == "steady");
    CHECK(table_of(steady).size == sizeof(sf_reconnect));
    REQUIRE(steady.option_count == 2);
    CHECK(steady.options == steady_options);
    CHECK(std::string_view(steady.options[0].minimum) == "1ms");
    CHECK(std::string_view(steady.options[0].maximum) == "1h");
    CHECK(steady.options[0].choices == nullptr);
    CHECK(steady.options[1].minimum == nullptr);
}

TEST_CASE("a policy is made from its options, gives delays, and may leave reset out")
{
    const FakeHost host;
    const auto given = values(5'000'000, 2);
    sf_schedule* schedule = nullptr;
    REQUIRE(table_of(steady).create(host.table(), given.data(), given.size(), &schedule) == SF_OK);
    const sf_failure last{sizeof(sf_failure), SF_SYSTEM, ECONNREFUSED, 0};
    std::uint64_t delay = 0;
    CHECK(table_of(steady).next_delay(schedule, 1, &last, &delay) == SF_OK);
    CHECK(delay == 5'000'000);
    CHECK(table_of(steady).next_delay(schedule, 3, &last, &delay) == SF_REFUSED);
    table_of(steady).reset(schedule);
    CHECK(table_of(steady).query(host.table(), "x/1") == nullptr);
    table_of(steady).destroy(schedule);
}

TEST_CASE("an exception from a member function becomes SF_FAILED with its text")
{
    const FakeHost host;
    const auto given = values(5'000'000, 2);
    sf_schedule* schedule = nullptr;
    REQUIRE(table_of(steady).create(host.table(), given.data(), given.size(), &schedule) == SF_OK);
    const sf_failure last{sizeof(sf_failure), SF_SYSTEM, 0, 0};
    std::uint64_t delay = 0;
    CHECK(table_of(steady).next_delay(schedule, 77, &last, &delay) == SF_FAILED);
    CHECK(host.last_error().status == SF_FAILED);
    CHECK(host.last_error().text == "unlucky");
    table_of(steady).destroy(schedule);
}

TEST_CASE("exceptions from a constructor become the status that fits")
{
    const FakeHost host;
    const auto given = values(1, -1);
    sf_schedule* schedule = nullptr;
    CHECK(table_of(steady).create(host.table(), given.data(), given.size(), &schedule) == SF_INVALID);
    CHECK(host.last_error().text == "the limit is negative");
    CHECK(host.last_error().os_error == EINVAL);

    CHECK(create_thrower<0>(host) == SF_NO_MEMORY);
    CHECK(create_thrower<1>(host) == SF_SYSTEM);
    CHECK(host.last_error().os_error == ECONNREFUSED);
    CHECK(create_thrower<2>(host) == SF_FAILED);
}

TEST_CASE("a number of values other than that of the options is refused")
{
    const FakeHost host;
    const auto given = values(1, 1);
    sf_schedule* schedule = nullptr;
    CHECK(table_of(steady).create(host.table(), given.data(), 1, &schedule) == SF_INVALID);
    CHECK(host.last_error().text == "the kernel gave 1 values for 2 options");
}

TEST_CASE("options are read by key and type, and a wrong key or type is an error")
{
    constexpr std::array<sf_option, 8> table{
        option("b", Type::boolean, "on", "b"), option("i", Type::integer, "1", "i"),
        option("r", Type::real, "1", "r"),     option("t", Type::text, "", "t"),
        option("s", Type::bytes, "1", "s"),    option("d", Type::duration, "1s", "d"),
        option("p", Type::percent, "1%", "p"), choice("c", "x|y", "x", "c"),
    };
    const std::array<sf_value, 8> given{{{1, 0, {}},
                                         {-5, 0, {}},
                                         {0, 0.5, {}},
                                         {0, 0, {"text", 4}},
                                         {4096, 0, {}},
                                         {std::numeric_limits<std::int64_t>::max(), 0, {}},
                                         {0, 0.25, {}},
                                         {1, 0, {"y", 1}}}};
    const Options options(table, given.data(), given.size());
    CHECK(options.boolean("b"));
    CHECK(options.integer("i") == -5);
    CHECK(options.real("r") == 0.5);
    CHECK(options.text("t") == "text");
    CHECK(options.bytes("s") == 4096);
    CHECK(options.duration("d") == infinite);
    CHECK(options.percent("p") == 0.25);
    CHECK(options.choice("c") == 1);
    CHECK_THROWS_WITH_AS(options.integer("x"), "the option 'x' is not in the role's table", Error);
    CHECK_THROWS_WITH_AS(options.integer("b"), "the option 'b' is declared with another type", Error);
}

TEST_CASE("a backpressure policy gets host and loop, and its tables have what it leaves out")
{
    struct Permits
    {
        Permits(Host given_host, sf_loop* given_loop) : host(given_host), loop(given_loop)
        {}

        Status try_acquire(std::uint64_t bytes) noexcept
        {
            return bytes > 10 ? SF_TOO_LARGE : SF_OK;
        }

        Status wait(std::uint64_t, Callback, sf_ticket&)
        {
            throw Error(SF_REFUSED, "no waiting");
        }

        Status cancel(sf_ticket) noexcept
        {
            return SF_NOT_FOUND;
        }

        void release(std::uint64_t) noexcept
        {}

        void state(sf_budget_state& state) const noexcept
        {
            state.limit = 10;
        }

        Host host;
        sf_loop* loop;
    };
    const sf_role role = backpressure_role<Permits>("permits", "");
    const auto& table = *static_cast<const sf_backpressure*>(role.table);
    const FakeHost host;
    int loop = 0;
    sf_budget* budget = nullptr;
    REQUIRE(table.create(host.table(), reinterpret_cast<sf_loop*>(&loop), nullptr, 0, &budget) == SF_OK);
    CHECK(table.flags == 0);
    CHECK(table.try_acquire(budget, 10) == SF_OK);
    CHECK(table.try_acquire(budget, 11) == SF_TOO_LARGE);
    sf_ticket ticket = 0;
    CHECK(table.wait(budget, 1, nullptr, nullptr, &ticket) == SF_REFUSED);
    CHECK(host.last_error().text == "no waiting");
    CHECK(table.cancel(budget, 1) == SF_NOT_FOUND);
    table.release(budget, 1);
    sf_budget_state state{};
    table.state(budget, &state);
    CHECK(state.limit == 10);
    CHECK(table.on_full(budget, nullptr) == SF_ON_FULL_DEFAULT);
    table.destroy(budget);
}
