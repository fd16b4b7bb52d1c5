#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <framework/manifest/environment.hpp>

#include <stdlib.h>

using spaceframe::manifest::expand_variables;

namespace
{

std::string expand(std::string_view text)
{
    std::string problem;
    const auto result = expand_variables(text, problem);
    return result ? *result : "! " + problem;
}

} // namespace

TEST_CASE("variables are replaced by what the environment says")
{
    setenv("SF_TEST_HOST", "10.0.0.7", 1);
    setenv("SF_TEST_EMPTY", "", 1);
    unsetenv("SF_TEST_UNSET");
    CHECK(expand("plain") == "plain");
    CHECK(expand("tcp://${SF_TEST_HOST}:1") == "tcp://10.0.0.7:1");
    CHECK(expand("${SF_TEST_HOST}${SF_TEST_HOST}") == "10.0.0.710.0.0.7");
    CHECK(expand("${SF_TEST_UNSET:-tcp://*:1}") == "tcp://*:1");
    CHECK(expand("${SF_TEST_EMPTY:-x}") == "x");
    CHECK(expand("${SF_TEST_EMPTY}").empty());
    CHECK(expand("${SF_TEST_UNSET:-}").empty());
    CHECK(expand("$${SF_TEST_HOST}") == "${SF_TEST_HOST}");
    CHECK(expand("$5 $") == "$5 $");
}

TEST_CASE("what a variable holds is not looked at again")
{
    setenv("SF_TEST_NESTED", "${SF_TEST_OTHER}", 1);
    CHECK(expand("${SF_TEST_NESTED}") == "${SF_TEST_OTHER}");
}

TEST_CASE("a variable that is not set, and a malformed reference, say so")
{
    unsetenv("SF_TEST_UNSET");
    CHECK(expand("${SF_TEST_UNSET}") ==
          "! environment variable SF_TEST_UNSET is not set; set it, or write ${SF_TEST_UNSET:-default}");
    CHECK(expand("${SF_TEST") == "! found \"${SF_TEST\" without a closing brace, expected ${NAME}");
    CHECK(expand("${}") == "! found ${}, expected ${NAME} or ${NAME:-default}");
    CHECK(expand("${2X}") == "! found ${2X}, expected ${NAME} or ${NAME:-default}");
}

TEST_CASE("a variable that is not set is reported at its key, and only once")
{
    unsetenv("SF_TEST_UNSET");
    const auto outcome = fake_plugins::check_socket("send_hwm ${SF_TEST_UNSET}\nbind ${SF_TEST_UNSET}");
    REQUIRE(outcome.errors.size() == 2);
    CHECK(outcome.errors[0].starts_with("m.info:7: sockets.a.send_hwm: environment variable SF_TEST_UNSET"));
    CHECK(outcome.errors[1].starts_with("m.info:8: sockets.a.bind: environment variable SF_TEST_UNSET"));
}
