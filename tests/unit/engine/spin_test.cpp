#include "engine/spin.hpp"

#include <doctest/doctest.h>

using spaceframe::engine::Spin;
using namespace std::chrono_literals;

namespace
{

/// Sleeps without polling until polling is tried again.
std::uint32_t sleeps_before_next(Spin& spin)
{
    std::uint32_t sleeps = 0;
    while (!spin.worthwhile())
    {
        ++sleeps;
    }
    return sleeps;
}

} // namespace

TEST_CASE("without a duration a loop never polls before it sleeps")
{
    Spin spin(0ns);
    for (int i = 0; i < 200; ++i)
    {
        CHECK_FALSE(spin.worthwhile());
    }
}

TEST_CASE("polling that finds something is tried before every sleep")
{
    Spin spin(50us);
    for (int i = 0; i < 200; ++i)
    {
        CHECK(spin.worthwhile());
        spin.found();
    }
}

TEST_CASE("polling in vain is tried ever less often, but never given up")
{
    Spin spin(50us);
    REQUIRE(spin.worthwhile());
    for (const std::uint32_t rest : {1U, 2U, 4U, 8U, 16U, 32U, 64U, 64U, 64U})
    {
        spin.missed();
        CHECK(sleeps_before_next(spin) == rest);
    }
}

TEST_CASE("one find makes polling worthwhile again")
{
    Spin spin(50us);
    REQUIRE(spin.worthwhile());
    for (int i = 0; i < 5; ++i)
    {
        spin.missed();
        sleeps_before_next(spin);
    }
    spin.found();
    CHECK(spin.worthwhile());
    spin.missed();
    CHECK(sleeps_before_next(spin) == 1);
}
