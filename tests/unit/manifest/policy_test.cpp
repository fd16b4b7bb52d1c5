#include "fake_plugins.hpp"

#include <doctest/doctest.h>

#include <chrono>

using fake_plugins::check;
using fake_plugins::check_socket;

namespace
{

std::string error_of(const fake_plugins::Outcome& outcome)
{
    CHECK(outcome.description == nullptr);
    return outcome.errors.size() == 1 ? outcome.errors[0] : std::to_string(outcome.errors.size()) + " errors";
}

fake_plugins::Outcome with_policies(const std::string& policies, const std::string& socket)
{
    return check("spaceframe 1\npolicies\n{\n" + policies + "\n}\nsockets { a { pattern dealer " + socket +
                 " } }\n");
}

// The reconnect role of the only endpoint, with its first values: "exponential 100000000 30000000000".
std::string reconnect_of(std::string_view body)
{
    const auto outcome = check_socket(body);
    if (!outcome.description)
    {
        return outcome.errors.at(0);
    }
    const auto& use = outcome.description->sockets.at(0).endpoints.at(0).reconnect;
    std::string result = use.role->name;
    for (std::size_t i = 0; i < use.values.size() && i < 2; ++i)
    {
        result += " " + std::to_string(use.values[i].integer / 1'000'000);
    }
    return result;
}

} // namespace

TEST_CASE("a policy needs a role and something to use")
{
    CHECK(error_of(with_policies("x { use semaphore }", "")) ==
          "m.info:4: policies.x: expected the key \"role\" in the block");
    CHECK(error_of(with_policies("x { role reconnect }", "")) ==
          "m.info:4: policies.x: expected the key \"use\" in the block");
    CHECK(error_of(with_policies("x\n{\nrole reconect\nuse fixed\n}", "")) ==
          "m.info:6: policies.x.role: found \"reconect\", expected backpressure or reconnect; did you mean "
          "\"reconnect\"?");
    CHECK(error_of(with_policies("x { role protocol use zmtp }", ""))
              .starts_with(
                  "m.info:4: policies.x.role: found \"protocol\", expected backpressure or reconnect"));
    CHECK(error_of(with_policies("x semaphore", "")) ==
          "m.info:4: policies.x: found the value \"semaphore\", expected a block");
}

TEST_CASE("what is wrong inside a policy is reported in one run, also where its role or use is misspelt")
{
    using Errors = std::vector<std::string>;
    CHECK(
        with_policies("x\n{\nrole reconect\nuse fixed\ninterval soon\n}", "").errors ==
        Errors{
            "m.info:6: policies.x.role: found \"reconect\", expected backpressure or reconnect; did you "
            "mean \"reconnect\"?",
            "m.info:8: policies.x.interval: found \"soon\", expected a duration such as 100ms, 30s, 2min or "
            "infinite, from 1ms to 24h"});
    CHECK(with_policies("x\n{\nrole reconect\nuse fixd\nintervall 1s\n}", "").errors ==
          Errors{"m.info:6: policies.x.role: found \"reconect\", expected backpressure or reconnect; did you "
                 "mean \"reconnect\"?",
                 "m.info:7: policies.x.use: no plug-in offers the reconnect policy \"fixd\", expected one of "
                 "none, fixed, exponential; did you mean \"fixed\"?",
                 "m.info:8: policies.x.intervall: unknown key; did you mean \"interval\"?; expected one of "
                 "role, use, interval, initial, max, jitter"});
    CHECK(with_policies("x\n{\nuse semaphore\nbytes 1B\ninterval 1s\n}", "").errors.size() == 3);
    CHECK(with_policies("x\n{\nrole backpressure\nuse semafore\nbyte 1MiB\n}", "").errors.size() == 2);
}

TEST_CASE("a policy uses a role of its kind that a plug-in offers")
{
    CHECK(error_of(with_policies("x { role backpressure use semafore }", "")) ==
          "m.info:4: policies.x.use: no plug-in offers the backpressure policy \"semafore\", expected one of "
          "noop, "
          "semaphore; did you mean \"semaphore\"?");
    CHECK(error_of(with_policies("x { role backpressure use fixed }", ""))
              .starts_with("m.info:4: policies.x.use: no plug-in offers the backpressure policy \"fixed\""));
}

TEST_CASE("a policy's options are those of its role")
{
    CHECK(
        error_of(with_policies("x { role backpressure use semaphore byte 1MiB }", "")) ==
        "m.info:4: policies.x.byte: unknown key; did you mean \"bytes\"?; expected one of role, use, bytes");
    CHECK(error_of(with_policies("x { role backpressure use semaphore bytes 1B }", ""))
              .starts_with("m.info:4: policies.x.bytes: "));
}

TEST_CASE("a socket refers to a policy that is there and of the right kind")
{
    const std::string policies =
        "slow { role reconnect use fixed interval 9s }\ntight { role backpressure use semaphore }";
    CHECK(error_of(with_policies(policies, "backpressure tigth")) ==
          "m.info:7: sockets.a.backpressure: no plug-in offers the backpressure policy \"tigth\", expected "
          "one of "
          "tight, noop, semaphore; did you mean \"tight\"?");
    CHECK(error_of(with_policies(policies, "backpressure slow")) ==
          "m.info:7: sockets.a.backpressure: the policy \"slow\" (line 4) is for reconnect, expected one for "
          "backpressure");
    CHECK(
        error_of(with_policies(policies, "reconnect tight"))
            .starts_with("m.info:7: sockets.a.reconnect: the policy \"tight\" (line 5) is for backpressure"));
}

TEST_CASE("a policy with an error does not make references to it errors")
{
    CHECK(error_of(with_policies("x { role backpressure use semafore }", "backpressure x"))
              .starts_with("m.info:4: policies.x.use: "));
}

TEST_CASE("a role's own name is a policy with all defaults, and a policy of that name wins")
{
    const auto plain = with_policies("", "backpressure semaphore");
    REQUIRE(plain.description);
    CHECK(plain.description->sockets.at(0).backpressure.policy.empty());
    CHECK(plain.description->sockets.at(0).backpressure.values.at(0).integer == 10'000'000);
    const auto named =
        with_policies("semaphore { role backpressure use semaphore bytes 2KiB }", "backpressure semaphore");
    REQUIRE(named.description);
    CHECK(named.description->sockets.at(0).backpressure.policy == "semaphore");
    CHECK(named.description->sockets.at(0).backpressure.values.at(0).integer == 2048);
}

TEST_CASE("options of a policy are given in the policy")
{
    CHECK(error_of(with_policies("x { role backpressure use semaphore }", "backpressure x bytes 1MiB")) ==
          "m.info:6: sockets.a.bytes: is an option of the policy \"x\"; expected there, at line 4");
}

TEST_CASE("a policy that nobody uses is a warning")
{
    const auto outcome = with_policies("x { role backpressure use semaphore }", "");
    CHECK(outcome.description != nullptr);
    CHECK(outcome.warnings == std::vector<std::string>{"m.info:4: policies.x: nothing uses this policy"});
    CHECK(with_policies("x { role backpressure use semaphore }", "backpressure x").warnings.empty());
}

TEST_CASE("reconnect_ivl becomes a schedule as ZeroMQ has it")
{
    CHECK(reconnect_of("connect tcp://h:1") == "exponential 100 30000");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl 250ms") == "fixed 250");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl 250ms\nreconnect_ivl_max 0") == "fixed 250");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl 250ms\nreconnect_ivl_max 250ms") == "fixed 250");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl 250ms\nreconnect_ivl_max 8s") ==
          "exponential 250 8000");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl_max 8s") == "exponential 100 8000");
    CHECK(reconnect_of("connect tcp://h:1\nreconnect_ivl infinite") == "none");
}

TEST_CASE("an endpoint's word on reconnecting goes before its socket's")
{
    CHECK(reconnect_of("reconnect fixed\nconnect { endpoint tcp://h:1 reconnect_ivl 7ms }") == "fixed 7");
    CHECK(reconnect_of("reconnect_ivl 7ms\nconnect { endpoint tcp://h:1 reconnect none }") == "none");
    CHECK(reconnect_of("reconnect_ivl 7ms\nconnect { endpoint tcp://h:1 reconnect_ivl_max 9ms }") ==
          "exponential 7 9");
    CHECK(reconnect_of("connect { endpoint tcp://h:1 reconnect exponential initial 3ms }") ==
          "exponential 3 30000");
}

TEST_CASE("a reconnect policy beside reconnect_ivl is an error")
{
    CHECK(error_of(check_socket("reconnect fixed\nreconnect_ivl 1s")) ==
          "m.info:8: sockets.a.reconnect_ivl: found beside reconnect, expected one of the two: a policy, or "
          "ZeroMQ's "
          "intervals");
    CHECK(error_of(check_socket("connect\n{\nendpoint tcp://h:1\nreconnect_ivl_max 1s\nreconnect fixed\n}"))
              .starts_with("m.info:10: sockets.a.connect.reconnect_ivl_max: found beside reconnect"));
}

TEST_CASE("an interval that the schedule does not take is reported at its key")
{
    CHECK(error_of(check_socket("reconnect_ivl 25h")).starts_with("m.info:7: sockets.a.reconnect_ivl: "));
    CHECK(error_of(check_socket("reconnect_ivl 5")).starts_with("m.info:7: sockets.a.reconnect_ivl: "));
}

TEST_CASE("what listens does not reconnect")
{
    CHECK(error_of(check_socket("bind\n{\nendpoint tcp://h:1\nreconnect fixed\n}")) ==
          "m.info:10: sockets.a.bind.reconnect: what listens does not reconnect; expected at connect only");
    CHECK(
        error_of(check_socket("bind\n{\nendpoint tcp://h:1\nreconnect_ivl 1s\n}")) ==
        "m.info:10: sockets.a.bind.reconnect_ivl: what listens does not reconnect; expected at connect only");
}
