#include "script.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <doctest/doctest.h>

#include <cstdint>

using spaceframe::plugin::Error;
using spaceframe::scripted_transport::Script;

TEST_CASE("scripted-transport: a script repeats its steps, and 0 is no limit")
{
    Script script("read_at_most", "1,7,0");
    for (int round = 0; round < 3; ++round)
    {
        CHECK(script.next() == 1);
        CHECK(script.next() == 7);
        CHECK(script.next() == SIZE_MAX);
    }
    CHECK(Script("read_at_most", "0").next() == SIZE_MAX);
}

TEST_CASE("scripted-transport: a script that is no list of numbers is refused")
{
    for (const char* text : {"", ",", "1,", "1,,2", "x", "-1", "1 2", "99999999999999999999999"})
    {
        CAPTURE(text);
        CHECK_THROWS_AS(Script("read_at_most", text), Error);
    }
}
