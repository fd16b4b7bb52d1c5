#include "breaker.hpp"
#include "by_table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

using namespace spaceframe::reconnect;
using namespace spaceframe::reconnect_test;
using namespace std::chrono_literals;

namespace
{

constexpr sf_role role = spaceframe::plugin::reconnect_role<Breaker, breaker_options>("breaker", "");

const Growth doubling(100ms, 400ms, 2.0);

Breaker breaker(Breaker::Circuit circuit)
{
    return Breaker(circuit, doubling, Jitter(0.0, 1));
}

} // namespace

TEST_CASE("a breaker waits as its base does, until so many failures in a row open it")
{
    Breaker schedule = breaker({4, Cause::none, 30s, 0});
    CHECK(delay_of(schedule, 1) == 100ms);
    CHECK(delay_of(schedule, 2) == 200ms);
    CHECK(delay_of(schedule, 3) == 400ms);
    CHECK(delay_of(schedule, 4) == 30s);
}

TEST_CASE("a probe that fails opens the circuit again, as often as it takes")
{
    Breaker schedule = breaker({1, Cause::none, 30s, 0});
    for (std::uint32_t attempt = 1; attempt <= 1000; ++attempt)
    {
        CHECK(delay_of(schedule, attempt) == 30s);
    }
    CHECK(delay_of(schedule, UINT32_MAX) == 30s);
    CHECK(delay_of(schedule, UINT32_MAX) == 30s);
}

TEST_CASE("a handshake closes the circuit, and the count starts over")
{
    Breaker schedule = breaker({3, Cause::none, 30s, 0});
    for (int round = 0; round < 3; ++round)
    {
        CHECK(delay_of(schedule, 1) == 100ms);
        CHECK(delay_of(schedule, 2) == 200ms);
        CHECK(delay_of(schedule, 3) == 30s);
        CHECK(delay_of(schedule, 4) == 30s);
        schedule.reset();
    }
}

TEST_CASE("so many failed probes in a row end it for good, and a handshake between them saves it")
{
    Breaker schedule = breaker({2, Cause::none, 30s, 3});
    CHECK(delay_of(schedule, 1) == 100ms);
    CHECK(delay_of(schedule, 2) == 30s);
    CHECK(delay_of(schedule, 3) == 30s); // the first probe failed
    CHECK(delay_of(schedule, 4) == 30s);
    schedule.reset();
    CHECK(delay_of(schedule, 1) == 100ms);
    CHECK(delay_of(schedule, 2) == 30s);
    CHECK(delay_of(schedule, 3) == 30s);
    CHECK(delay_of(schedule, 4) == 30s);
    CHECK_FALSE(schedule.next_delay(5, refused));
}

TEST_CASE("a failure of the class that was named opens the circuit at once, another does not")
{
    Breaker schedule = breaker({5, Cause::rejected, 30s, 0});
    CHECK(delay_of(schedule, 1, refused) == 100ms);
    CHECK(delay_of(schedule, 2, failure(SF_PROTOCOL)) == 30s);
    // Whatever ends the probe, the circuit is open until a handshake.
    CHECK(delay_of(schedule, 3, refused) == 30s);
    schedule.reset();
    CHECK(delay_of(schedule, 1, refused) == 100ms);
    CHECK(delay_of(schedule, 2, failure(SF_CLOSED)) == 200ms);
}

TEST_CASE("without a class no single failure opens the circuit")
{
    for (const sf_status status :
         {SF_CANCELLED, SF_UNSUPPORTED, SF_INVALID, SF_NO_MEMORY, SF_FAILED, SF_CLOSED})
    {
        CAPTURE(status);
        Breaker schedule = breaker({2, Cause::none, 30s, 0});
        CHECK(delay_of(schedule, 1, failure(status)) == 100ms);
    }
}

TEST_CASE("failures are classed by what they say about another attempt")
{
    struct Row
    {
        sf_failure last;
        Cause cause;
    };
    const std::vector<Row> table = {
        {failure(SF_REFUSED, ECONNREFUSED), Cause::absent},
        {failure(SF_NOT_FOUND), Cause::absent},
        {failure(SF_NOT_FOUND, ENOENT), Cause::absent},
        {failure(SF_CLOSED), Cause::lost},
        {failure(SF_SYSTEM, ECONNRESET), Cause::lost},
        {failure(SF_SYSTEM, EPIPE), Cause::lost},
        {failure(SF_REFUSED), Cause::rejected},
        {failure(SF_PROTOCOL), Cause::rejected},
        {failure(SF_TOO_LARGE), Cause::rejected},
        {failure(SF_TIMED_OUT), Cause::timeout},
        {failure(SF_TIMED_OUT, ETIMEDOUT), Cause::timeout},
        {failure(SF_SYSTEM, EHOSTUNREACH), Cause::system},
        {failure(SF_FAILED), Cause::none},
        {failure(SF_NO_MEMORY), Cause::none},
    };
    for (const Row& row : table)
    {
        CAPTURE(row.last.status);
        CAPTURE(row.last.os_error);
        CHECK(cause_of(row.last) == row.cause);
    }
}

TEST_CASE("each name that open_on takes stands for its class")
{
    struct Row
    {
        std::string name;
        sf_failure last;
    };
    const std::vector<Row> table = {
        {"absent", refused},
        {"lost", failure(SF_CLOSED)},
        {"rejected", failure(SF_REFUSED)},
        {"timeout", failure(SF_TIMED_OUT)},
        {"system", failure(SF_SYSTEM, EHOSTUNREACH)},
    };
    for (const Row& row : table)
    {
        for (const Row& other : table)
        {
            CAPTURE(row.name);
            CAPTURE(other.name);
            ByTable schedule(role, {{"open_on", other.name}, {"open_for", "10s"}, {"jitter", "0%"}});
            CHECK(schedule.next(1, row.last) == SF_OK);
            CHECK(schedule.delay() == (row.name == other.name ? 10000ms : 100ms));
        }
    }
}

TEST_CASE("jitter prolongs an open circuit, and never shortens it")
{
    std::chrono::nanoseconds least = 1h;
    std::chrono::nanoseconds most = 0ns;
    for (std::uint64_t seed = 1; seed <= 2000; ++seed)
    {
        Breaker schedule({1, Cause::none, 1000ms, 0}, doubling, Jitter(0.25, seed));
        const auto delay = delay_of(schedule, 1);
        least = std::min(least, delay);
        most = std::max(most, delay);
    }
    CHECK(least >= 1000ms);
    CHECK(least < 1010ms);
    CHECK(most > 1240ms);
    CHECK(most <= 1250ms);
}

TEST_CASE("the role breaker: its defaults, and what a manifest changes")
{
    ByTable usual(role, {{"jitter", "0%"}});
    for (const std::chrono::nanoseconds delay : {100ms, 200ms, 400ms, 800ms})
    {
        CHECK(usual.next() == SF_OK);
        CHECK(usual.delay() == delay);
    }
    for (int probe = 0; probe < 100; ++probe)
    {
        CHECK(usual.next() == SF_OK);
        CHECK(usual.delay() == 30s);
    }
    usual.reset();
    CHECK(usual.next() == SF_OK);
    CHECK(usual.delay() == 100ms);

    ByTable other(role, {{"failures", "2"},
                         {"open_for", "7s"},
                         {"give_up_after", "1"},
                         {"initial", "3s"},
                         {"max", "0s"},
                         {"jitter", "0%"}});
    CHECK(other.next() == SF_OK);
    CHECK(other.delay() == 3s);
    CHECK(other.next() == SF_OK);
    CHECK(other.delay() == 7s);
    CHECK(other.next() == SF_REFUSED);
}
