// Spaceframe and libzmq with options that change what is on the wire; the matrix has what needs none. And
// what the matrix relies on.
#include "cell.hpp"

#include <doctest/doctest.h>

#include <random>

namespace
{

using namespace interop;
using spaceframe::pattern::find_pattern;
using spaceframe::pattern::may_talk;
using spaceframe::pattern::patterns;
using spaceframe::pattern::Row;

Plan plan_of(const char* ours, const char* theirs)
{
    return plan(*find_pattern(ours), *find_pattern(theirs));
}

void exchange_both_ways(const char* ours, const char* theirs, const Plan& plan)
{
    const std::uint64_t seed = std::random_device{}();
    CAPTURE(seed);
    for (const bool we_bind : {true, false})
    {
        for (const unsigned threads : {0U, 1U})
        {
            CAPTURE(we_bind);
            CAPTURE(threads);
            CHECK(exchange(ours, theirs, plan, Way{.we_bind = we_bind, .threads = threads}, seed) == 1000);
        }
    }
}

} // namespace

TEST_CASE("a peer that one row names names that row as well")
{
    std::size_t allowed = 0;
    for (const Row& ours : patterns())
    {
        for (const Row& theirs : patterns())
        {
            CHECK(may_talk(ours, theirs.wire_name) == may_talk(theirs, ours.wire_name));
            allowed += may_talk(ours, theirs.wire_name) ? 1U : 0U;
        }
    }
    CHECK(allowed == 21);
}

TEST_CASE("a libzmq req without an identity asks our router, which makes one")
{
    Plan plan = plan_of("router", "req");
    plan.work.made_identity = true;
    exchange_both_ways("router", "req", plan);
}

TEST_CASE("our correlating req asks libzmq's rep")
{
    Plan plan = plan_of("req", "rep");
    plan.our_lines = "req_correlate true";
    exchange_both_ways("req", "rep", plan);
}

TEST_CASE("our correlating req asks libzmq's router, which sees the name of each request")
{
    Plan plan = plan_of("req", "router");
    plan.our_lines = "req_correlate true";
    plan.their_options.emplace_back("--named");
    exchange_both_ways("req", "router", plan);
}

TEST_CASE("our req with a timeout asks libzmq's rep")
{
    Plan plan = plan_of("req", "rep");
    plan.our_lines = "request_timeout 1min";
    exchange_both_ways("req", "rep", plan);
}

TEST_CASE("libzmq's correlating req asks our rep")
{
    Plan plan = plan_of("rep", "req");
    plan.their_options.emplace_back("--correlate");
    exchange_both_ways("rep", "req", plan);
}

TEST_CASE("a pair that must not talk and does is noticed")
{
    CHECK_THROWS_AS(refuse("pair", "pair", true), std::runtime_error);
}
