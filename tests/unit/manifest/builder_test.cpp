#include "fake_plugins.hpp"

#include <spaceframe/manifest_builder.hpp>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <framework/manifest/access.hpp>
#include <framework/manifest/explain.hpp>
#include <framework/manifest/settings.hpp>

#include <concepts>
#include <limits>

using namespace spaceframe;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

namespace
{

fake_plugins::Outcome check(const ManifestBuilder& builder, const std::string& name = "m.info")
{
    manifest::Problems problems(name);
    const manifest::Document document = manifest::Access::document(builder, problems);
    fake_plugins::Outcome outcome;
    outcome.description = manifest::check_document(document, fake_plugins::loader(), problems);
    outcome.errors = problems.errors();
    outcome.warnings = problems.warnings();
    return outcome;
}

Lines errors_of(const ManifestBuilder& builder)
{
    return check(builder, "").errors;
}

std::string explained(const fake_plugins::Outcome& outcome)
{
    CHECK(outcome.errors == Lines{});
    CHECK(outcome.warnings == Lines{});
    REQUIRE(outcome.description);
    return explain_text(*outcome.description) + explain_json(*outcome.description);
}

} // namespace

TEST_CASE("a manifest in code and one in a file lead to the same stack")
{
    ManifestBuilder builder("m.info", std::filesystem::current_path());
    builder.threads(2).spin(5us).search(".").search("..");
    builder.backpressure_policy("budget", "semaphore").option("bytes", 64_MiB);
    builder.reconnect_policy("steady", "exponential").option("initial", 200ms).option("jitter", "10%");
    builder.socket("größe", "router")
        .bind("tcp://127.0.0.1:5555")
        .bind("ipc://run/x", {{"protocol", "plain"}, {"mode", "shared"}})
        .connect("tcp://h:1", {{"send_hwm", 7}, {"reconnect", "steady"}})
        .backpressure("budget")
        .option("identity", "a b ${X}")
        .option("immediate", true)
        .option("linger", 3min);
    builder.socket("back", "dealer").protocol("plain").reconnect("none").connect("tcp://h:2");
    builder.proxy("p", "größe", "back");

    const std::string expected = explained(fake_plugins::check(R"(spaceframe 1
kernel { threads 2 spin 5us }
plugins { search . search .. }
policies
{
    budget { role backpressure use semaphore bytes 64MiB }
    steady { role reconnect use exponential initial 200ms jitter 10% }
}
sockets
{
    größe
    {
        pattern router
        bind tcp://127.0.0.1:5555
        bind { endpoint ipc://run/x protocol plain mode shared }
        connect { endpoint tcp://h:1 send_hwm 7 reconnect steady }
        backpressure budget
        identity "a b $${X}"
        immediate true
        linger 3min
    }
    back { pattern dealer protocol plain reconnect none connect tcp://h:2 }
}
proxies { p { front größe back back } }
)"));
    CHECK(explained(check(builder)) == expected);
}

TEST_CASE("a manifest in code without a name explains itself as a file that says the same")
{
    ManifestBuilder builder;
    builder.socket("a", "push").connect("tcp://h:1");
    const auto outcome = check(builder, "");
    REQUIRE(outcome.description);
    const std::string text = explain_text(*outcome.description);
    CHECK(text.starts_with("spaceframe 1\n"));
    CHECK(explain_json(*outcome.description).find("\"manifest\": null") != std::string::npos);
    const auto again = fake_plugins::check(text);
    REQUIRE(again.description);
    CHECK(explain_text(*again.description) == "; m.info\n" + text);
}

TEST_CASE("all mistakes of a manifest in code are told at once, with path and without a line")
{
    ManifestBuilder builder;
    builder.threads(65).threads(1);
    builder.search("/nowhere/at/all");
    builder.backpressure_policy("budget", "semafore");
    builder.reconnect_policy("steady", "fixed").option("interval", 0ms);
    builder.socket("a", "router")
        .option("sned_hwm", 1)
        .bind("tcp://x:1", {{"send_hwm", -1}})
        .bind("tcp://x:2", {{"send_hwm", -1}})
        .backpressure("steady")
        .connect("tpc://x:1");
    builder.socket("a", "push");
    builder.proxy("p", "a", "b");
    CHECK("\n" + fmt::format("{}", fmt::join(errors_of(builder), "\n")) == R"(
kernel.threads: found "65", expected a whole number, from 0 to 64
kernel.threads: given twice, expected once
plugins.search: found "/nowhere/at/all", which is no folder; expected one with plug-ins
policies.budget.use: no plug-in offers the backpressure policy "semafore", expected one of noop, semaphore; did you mean "semaphore"?
policies.steady.interval: found "0ms", expected a duration such as 100ms, 30s, 2min or infinite, from 1ms to 24h
sockets.a.backpressure: the policy "steady" is for reconnect, expected one for backpressure
sockets.a.connect: no plug-in offers the transport "tpc", expected one of tcp, ipc; did you mean "tcp"?
sockets.a.sned_hwm: unknown key; did you mean "send_hwm"?
sockets.a.bind.send_hwm: found "-1", expected a whole number, from 0 to 2147483647
sockets.a.bind[2].send_hwm: found "-1", expected a whole number, from 0 to 2147483647
sockets.a: given twice, expected once
proxies.p.back: found the socket "b", expected one of a)");
}

TEST_CASE("the name that a host gives stands before each mistake")
{
    ManifestBuilder builder("orders");
    builder.threads(65);
    builder.reconnect_policy("idle", "none");
    const auto outcome = check(builder, "orders");
    CHECK(outcome.errors ==
          Lines{"orders: kernel.threads: found \"65\", expected a whole number, from 0 to 64"});
    CHECK(outcome.warnings == Lines{"orders: policies.idle: nothing uses this policy"});
}

TEST_CASE("what is no text is refused in code as it is in files, and the rest is checked all the same")
{
    ManifestBuilder builder;
    builder.socket("a", "push").option("identity", std::string("b\0c", 3)).option("linger", "\xFF");
    builder.socket("\x01", "push");
    builder.socket("c", "push").option("linger", "x");
    CHECK(
        errors_of(builder) ==
        Lines{"sockets: found a key that is no text: byte 0x01 after \"\"; expected UTF-8 without control "
              "characters",
              "sockets.a.identity: found a value that is no text: byte 0x00 after \"b\"; expected UTF-8 "
              "without control characters",
              "sockets.a.linger: found a value that is no text: byte 0xff after \"\"; expected UTF-8 without "
              "control characters",
              "sockets.c.linger: found \"x\", expected a duration such as 100ms, 30s, 2min or infinite, at "
              "least 0ms"});
}

TEST_CASE("a builder goes on after it has built, and its sockets after more were added")
{
    ManifestBuilder builder;
    SocketBuilder first = builder.socket("first", "push");
    CHECK(errors_of(builder) == Lines{});
    for (int i = 0; i < 100; ++i)
    {
        builder.socket("s" + std::to_string(i), "pull");
    }
    first.option("linger", 7s);
    ManifestBuilder moved = std::move(builder);
    first.option("send_timeout", 8s);
    const auto outcome = check(moved);
    REQUIRE(outcome.description);
    REQUIRE(outcome.description->sockets.size() == 101);
    CHECK(outcome.description->sockets[0].settings.linger == 7s);
    CHECK(outcome.description->sockets[0].settings.send_timeout == 8s);
}

TEST_CASE("values in code are what a manifest would write")
{
    CHECK(OptionValue(true).text() == "true");
    CHECK(OptionValue(-3).text() == "-3");
    CHECK(OptionValue(64_MiB).text() == "67108864");
    CHECK(OptionValue(1_KiB + 1_GiB).text() == "1073742848");
    CHECK(OptionValue(std::numeric_limits<std::uint64_t>::max()).text() == "18446744073709551615");
    CHECK(OptionValue(0.1).text() == "0.1");
    CHECK(OptionValue(2.0).text() == "2");
    CHECK(OptionValue(5us).text() == "5us");
    CHECK(OptionValue(0s).text() == "0s");
    CHECK(OptionValue(std::chrono::hours(-2)).text() == "-2h");
    CHECK(OptionValue(std::chrono::nanoseconds::max()).text() == "infinite");
    CHECK(OptionValue(std::chrono::minutes::max()).text() == "infinite");
    CHECK(OptionValue("x y").text() == "x y");
    CHECK_FALSE(std::convertible_to<char, OptionValue>);
    CHECK_FALSE(std::convertible_to<std::chrono::duration<int, std::ratio<7>>, OptionValue>);
}

TEST_CASE("the builder has a call for each option of the kernel")
{
    std::vector<std::string> keys;
    for (const sf_option& option : manifest::kernel_options())
    {
        keys.emplace_back(option.key);
    }
    CHECK(keys == Lines{"threads", "spin", "backpressure"});
}

TEST_CASE("keys that stand in the way of each other are found in a block of any size")
{
    ManifestBuilder builder;
    for (int i = 0; i < 100000; ++i)
    {
        builder.socket("s" + std::to_string(i), "push");
    }
    builder.socket("s99999", "push");
    CHECK(errors_of(builder) == Lines{"sockets.s99999: given twice, expected once"});
}
