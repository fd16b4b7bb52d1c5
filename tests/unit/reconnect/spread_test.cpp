#include "breaker.hpp"
#include "by_table.hpp"
#include "decorrelated.hpp"
#include "schedules.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

// A thousand clients lose their server at the same instant, and none of their attempts takes any time: the
// worst case for those who come back. Seeds 1 to 1000, so that each run sees the same numbers.

using namespace spaceframe::reconnect;
using namespace spaceframe::reconnect_test;
using namespace std::chrono_literals;

namespace
{

constexpr std::size_t clients = 1000;

using Instants = std::vector<std::chrono::nanoseconds>;

// The instants of one client's attempts, in order, up to the first at or after `end`.
using Client = std::function<Instants(std::uint64_t seed, std::chrono::nanoseconds end)>;

template <class Make>
Client client_of(Make make)
{
    return [make](std::uint64_t seed, std::chrono::nanoseconds end)
    {
        auto schedule = make(seed);
        Instants instants;
        std::chrono::nanoseconds now{0};
        for (std::uint32_t attempt = 1; now < end; ++attempt)
        {
            now += schedule.next_delay(attempt, refused).value();
            instants.push_back(now);
        }
        return instants;
    };
}

struct Policy
{
    std::string name;
    Client client;
};

// With the defaults of their roles, and a breaker that opens at once.
const std::vector<Policy>& policies()
{
    static const std::vector<Policy> all = {
        {"exponential", client_of(
                            [](std::uint64_t seed)
                            {
                                return ExponentialSchedule(Growth(100ms, 30s, 2.0), Jitter(0.25, seed));
                            })},
        {"decorrelated", client_of(
                             [](std::uint64_t seed)
                             {
                                 return DecorrelatedSchedule(100ms, 30s, seed);
                             })},
        {"breaker",
         client_of(
             [](std::uint64_t seed)
             {
                 return Breaker({1, Cause::none, 30s, 0}, Growth(100ms, 30s, 2.0), Jitter(0.25, seed));
             })},
    };
    return all;
}

// The most of them that fall into any span of that length.
std::size_t peak(Instants instants, std::chrono::nanoseconds span)
{
    std::sort(instants.begin(), instants.end());
    std::size_t most = 0;
    std::size_t first = 0;
    for (std::size_t last = 0; last < instants.size(); ++last)
    {
        while (instants[last] - instants[first] >= span)
        {
            ++first;
        }
        most = std::max(most, last - first + 1);
    }
    return most;
}

// When each client reaches a server that is back at `back`.
Instants returns(const Client& client, std::chrono::nanoseconds back)
{
    Instants instants;
    for (std::uint64_t seed = 1; seed <= clients; ++seed)
    {
        instants.push_back(client(seed, back).back());
    }
    return instants;
}

// The first attempts of all, the second ones, and so on.
std::vector<Instants> attempts(const Client& client, std::size_t count)
{
    std::vector<Instants> instants(count);
    for (std::uint64_t seed = 1; seed <= clients; ++seed)
    {
        const Instants own = client(seed, count * 40s); // no delay is as long
        for (std::size_t k = 0; k < count; ++k)
        {
            instants[k].push_back(own.at(k));
        }
    }
    return instants;
}

} // namespace

TEST_CASE("no 10 ms see more than a stated share of the attempts of a thousand clients")
{
    // Of the first attempts; later ones are spread further.
    const std::vector<std::size_t> limits = {clients / 4, clients * 8 / 100, clients / 100};
    for (std::size_t at = 0; at < limits.size(); ++at)
    {
        const Policy& policy = policies().at(at);
        CAPTURE(policy.name);
        const auto instants = attempts(policy.client, 30);
        CHECK(peak(instants[0], 10ms) <= limits[at]);
        for (std::size_t k = 1; k < instants.size(); ++k)
        {
            CAPTURE(k);
            CHECK(peak(instants[k], 10ms) <= std::max(limits[at] * 2 / (k + 2), clients / 100));
        }
    }
}

TEST_CASE(
    "a server that comes back after a minute or more meets at most 5% of a thousand clients in any 100 ms")
{
    for (const Policy& policy : policies())
    {
        CAPTURE(policy.name);
        for (const std::chrono::nanoseconds back : {60s, 61s, 75s, 100s, 600s, 3000s})
        {
            CAPTURE(back.count());
            const Instants instants = returns(policy.client, back);
            CHECK(instants.size() == clients);
            CHECK(peak(instants, 100ms) <= clients * 5 / 100);
            // Nobody is late for the sake of it: all are there after the longest delay.
            CHECK(*std::max_element(instants.begin(), instants.end()) <= back + 38s);
        }
    }
}

TEST_CASE("without jitter all of a thousand clients come at once")
{
    const Client client = client_of(
        [](std::uint64_t seed)
        {
            return ExponentialSchedule(Growth(100ms, 30s, 2.0), Jitter(0.0, seed));
        });
    for (const Instants& instants : attempts(client, 10))
    {
        CHECK(peak(instants, 10ms) == clients);
    }
    CHECK(peak(returns(client, 60s), 100ms) == clients);
}

TEST_CASE("a thousand clients with the same seeds come at the same instants again")
{
    for (const Policy& policy : policies())
    {
        CAPTURE(policy.name);
        CHECK(attempts(policy.client, 5) == attempts(policy.client, 5));
        CHECK(returns(policy.client, 60s) == returns(policy.client, 60s));
    }
}
