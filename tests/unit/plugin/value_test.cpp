#include "options.hpp"
#include "plugin/value.hpp"

#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace spaceframe::plugin_host;

namespace
{

constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> integer_of(std::uint32_t type, std::string_view text)
{
    std::string problem;
    const auto value = parse_value(make_option(type, ""), text, problem);
    CHECK(value.has_value() == problem.empty());
    return value ? std::optional(value->integer) : std::nullopt;
}

std::optional<double> real_of(std::uint32_t type, std::string_view text)
{
    std::string problem;
    const auto value = parse_value(make_option(type, ""), text, problem);
    CHECK(value.has_value() == problem.empty());
    return value ? std::optional(value->real) : std::nullopt;
}

std::string problem_of(const sf_option& option, std::string_view text)
{
    std::string problem;
    CHECK_FALSE(parse_value(option, text, problem).has_value());
    return problem;
}

std::string canonical(std::uint32_t type, std::string_view text)
{
    const sf_option option = make_option(type, "");
    std::string problem;
    const auto value = parse_value(option, text, problem);
    REQUIRE(value.has_value());
    std::string written = format_value(option, *value);
    const auto again = parse_value(option, written, problem);
    REQUIRE(again.has_value());
    CHECK(*again == *value);
    return written;
}

} // namespace

TEST_CASE("a bool is one of six words in lower case")
{
    for (const char* text : {"true", "on", "yes"})
    {
        CHECK(integer_of(SF_TYPE_BOOL, text) == 1);
    }
    for (const char* text : {"false", "off", "no"})
    {
        CHECK(integer_of(SF_TYPE_BOOL, text) == 0);
    }
    for (const char* text : {"", "1", "TRUE", "true ", "y"})
    {
        CHECK_FALSE(integer_of(SF_TYPE_BOOL, text));
    }
}

TEST_CASE("an integer takes a sign and nothing else beside digits")
{
    CHECK(integer_of(SF_TYPE_INTEGER, "-17") == -17);
    CHECK(integer_of(SF_TYPE_INTEGER, "+17") == 17);
    CHECK(integer_of(SF_TYPE_INTEGER, "9223372036854775807") == most);
    CHECK(integer_of(SF_TYPE_INTEGER, "-9223372036854775808") == std::numeric_limits<std::int64_t>::min());
    for (const char* text :
         {"", "-", "+", "+-1", "++1", "1.5", "1e3", "0x10", " 1", "1 ", "9223372036854775808"})
    {
        CHECK_FALSE(integer_of(SF_TYPE_INTEGER, text));
    }
}

TEST_CASE("a real is finite")
{
    CHECK(real_of(SF_TYPE_REAL, "0.5") == 0.5);
    CHECK(real_of(SF_TYPE_REAL, "-1e3") == -1000.0);
    for (const char* text : {"", ".", "nan", "inf", "infinity", "1e999", "0.5x", "1,5"})
    {
        CHECK_FALSE(real_of(SF_TYPE_REAL, text));
    }
}

TEST_CASE("bytes take decimal and binary units, or none")
{
    CHECK(integer_of(SF_TYPE_BYTES, "4096") == 4096);
    CHECK(integer_of(SF_TYPE_BYTES, "7B") == 7);
    CHECK(integer_of(SF_TYPE_BYTES, "2kB") == 2000);
    CHECK(integer_of(SF_TYPE_BYTES, "10MB") == 10'000'000);
    CHECK(integer_of(SF_TYPE_BYTES, "3GB") == 3'000'000'000);
    CHECK(integer_of(SF_TYPE_BYTES, "1TB") == 1'000'000'000'000);
    CHECK(integer_of(SF_TYPE_BYTES, "2KiB") == 2048);
    CHECK(integer_of(SF_TYPE_BYTES, "64MiB") == 64 << 20);
    CHECK(integer_of(SF_TYPE_BYTES, "1GiB") == 1 << 30);
    CHECK(integer_of(SF_TYPE_BYTES, "1TiB") == std::int64_t{1} << 40);
    CHECK(integer_of(SF_TYPE_BYTES, "9223372036854775807") == most);
    for (const char* text : {"", "MiB", "-1", "+1", "1.5MiB", "1 MiB", "1mib", "1KB", "9223372036854775808",
                             "8388608TiB", "18446744073709551616"})
    {
        CHECK_FALSE(integer_of(SF_TYPE_BYTES, text));
    }
}

TEST_CASE("a duration needs a unit unless it is 0 or infinite")
{
    CHECK(integer_of(SF_TYPE_DURATION, "7ns") == 7);
    CHECK(integer_of(SF_TYPE_DURATION, "5us") == 5'000);
    CHECK(integer_of(SF_TYPE_DURATION, "100ms") == 100'000'000);
    CHECK(integer_of(SF_TYPE_DURATION, "30s") == 30'000'000'000);
    CHECK(integer_of(SF_TYPE_DURATION, "2min") == 120'000'000'000);
    CHECK(integer_of(SF_TYPE_DURATION, "1h") == 3'600'000'000'000);
    CHECK(integer_of(SF_TYPE_DURATION, "0") == 0);
    CHECK(integer_of(SF_TYPE_DURATION, "0s") == 0);
    CHECK(integer_of(SF_TYPE_DURATION, "infinite") == most);
    for (const char* text : {"", "5", "-1ms", "1m", "1 s", "1d", "forever", "3000000h"})
    {
        CHECK_FALSE(integer_of(SF_TYPE_DURATION, text));
    }
}

TEST_CASE("a percentage is a fraction of one")
{
    CHECK(real_of(SF_TYPE_PERCENT, "25%") == 0.25);
    CHECK(real_of(SF_TYPE_PERCENT, "0.5%") == 0.005);
    for (const char* text : {"", "%", "25", "25 %", "25%%", "nan%"})
    {
        CHECK_FALSE(real_of(SF_TYPE_PERCENT, text));
    }
}

TEST_CASE("a choice is one of its names and carries its index")
{
    const sf_option option = make_option(SF_TYPE_CHOICE, "auto", nullptr, nullptr, "auto|immediate|batch");
    std::string problem;
    const auto value = parse_value(option, "batch", problem);
    REQUIRE(value);
    CHECK(value->integer == 2);
    CHECK(value->text == "batch");
    CHECK(format_value(option, *value) == "batch");
    for (const char* text : {"", "Auto", "auto|immediate", "batc"})
    {
        CHECK_FALSE(parse_value(option, text, problem));
    }
    CHECK(problem == "found \"batc\", expected one of auto, immediate, batch");
}

TEST_CASE("a text is taken as it is")
{
    std::string problem;
    const auto value = parse_value(make_option(SF_TYPE_TEXT, ""), " a|b ", problem);
    REQUIRE(value);
    CHECK(value->text == " a|b ");
}

TEST_CASE("both ends of a range belong to it")
{
    const sf_option duration = make_option(SF_TYPE_DURATION, "1s", "1ms", "1h");
    std::string problem;
    CHECK(parse_value(duration, "1ms", problem));
    CHECK(parse_value(duration, "60min", problem));
    CHECK_FALSE(parse_value(duration, "999us", problem));
    CHECK_FALSE(parse_value(duration, "61min", problem));
    CHECK_FALSE(parse_value(duration, "infinite", problem));

    const sf_option percent = make_option(SF_TYPE_PERCENT, "0%", "0%", "100%");
    CHECK(parse_value(percent, "100%", problem));
    CHECK_FALSE(parse_value(percent, "100.1%", problem));
    CHECK_FALSE(parse_value(percent, "-1%", problem));
}

TEST_CASE("a problem says what was found and what was expected")
{
    CHECK(problem_of(make_option(SF_TYPE_DURATION, "1s", "1ms", "1h"), "5x") ==
          "found \"5x\", expected a duration such as 100ms, 30s, 2min or infinite, from 1ms to 1h");
    CHECK(problem_of(make_option(SF_TYPE_INTEGER, "1", "0"), "-1") ==
          "found \"-1\", expected a whole number, at least 0");
    CHECK(problem_of(make_option(SF_TYPE_BYTES, "1", nullptr, "1MiB"), "2MiB") ==
          "found \"2MiB\", expected a size such as 4096, 10MB or 64MiB, at most 1MiB");
    CHECK(problem_of(make_option(SF_TYPE_BOOL, "on"), "maybe") == "found \"maybe\", expected true or false");
}

TEST_CASE("an option of an unknown type takes nothing")
{
    CHECK_FALSE(integer_of(0, "1"));
    CHECK_FALSE(integer_of(99, "1"));
    CHECK(type_name(99) == "unknown");
}

TEST_CASE("values are written in their shortest exact form, which reads back as the same value")
{
    CHECK(canonical(SF_TYPE_BOOL, "yes") == "true");
    CHECK(canonical(SF_TYPE_BOOL, "off") == "false");
    CHECK(canonical(SF_TYPE_INTEGER, "+5") == "5");
    CHECK(canonical(SF_TYPE_REAL, "0.10") == "0.1");
    CHECK(canonical(SF_TYPE_BYTES, "65536KiB") == "64MiB");
    CHECK(canonical(SF_TYPE_BYTES, "10000kB") == "10MB");
    CHECK(canonical(SF_TYPE_BYTES, "4097") == "4097");
    CHECK(canonical(SF_TYPE_BYTES, "0") == "0");
    CHECK(canonical(SF_TYPE_BYTES, "9223372036854775807") == "9223372036854775807");
    CHECK(canonical(SF_TYPE_DURATION, "90000ms") == "90s");
    CHECK(canonical(SF_TYPE_DURATION, "3600s") == "1h");
    CHECK(canonical(SF_TYPE_DURATION, "1500us") == "1500us");
    CHECK(canonical(SF_TYPE_DURATION, "0ms") == "0");
    CHECK(canonical(SF_TYPE_DURATION, "infinite") == "infinite");
    for (int tenths = 0; tenths <= 1000; ++tenths)
    {
        const std::string text = std::to_string(tenths / 10) + "." + std::to_string(tenths % 10) + "%";
        const std::string written = canonical(SF_TYPE_PERCENT, text);
        CHECK(written == (tenths % 10 == 0 ? std::to_string(tenths / 10) + "%" : text));
    }
    CHECK(canonical(SF_TYPE_PERCENT, "33.333333333333336%") == "33.333333333333336%");
}

TEST_CASE("defaults become the values that a role's create takes, in order")
{
    const std::vector<sf_option> options{
        make_option(SF_TYPE_BYTES, "1KiB"),
        make_option(SF_TYPE_TEXT, "some text"),
        make_option(SF_TYPE_CHOICE, "b", nullptr, nullptr, "a|b"),
        make_option(SF_TYPE_PERCENT, "25%"),
    };
    const std::vector<Value> values = default_values(options);
    const std::vector<sf_value> given = to_abi(values);
    REQUIRE(given.size() == 4);
    CHECK(given[0].integer == 1024);
    CHECK(std::string_view(given[1].text.data, given[1].text.size) == "some text");
    CHECK(given[2].integer == 1);
    CHECK(std::string_view(given[2].text.data, given[2].text.size) == "b");
    CHECK(given[3].real == 0.25);
}
