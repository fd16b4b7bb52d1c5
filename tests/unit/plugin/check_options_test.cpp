#include "options.hpp"
#include "plugin/check_options.hpp"

#include <spaceframe/plugin/abi.h>

#include <doctest/doctest.h>

#include <string>
#include <vector>

using spaceframe::plugin_host::check_options;

namespace
{

std::string problem_of(const sf_option& option)
{
    const auto problem = check_options({&option, 1});
    REQUIRE(problem.has_value());
    return *problem;
}

} // namespace

TEST_CASE("a table of every type passes")
{
    std::vector<sf_option> options{
        make_option(SF_TYPE_BOOL, "off"),
        make_option(SF_TYPE_INTEGER, "5", "-5", "5"),
        make_option(SF_TYPE_REAL, "0.5", "0", "1"),
        make_option(SF_TYPE_TEXT, ""),
        make_option(SF_TYPE_BYTES, "64MiB", "1", "1TiB"),
        make_option(SF_TYPE_DURATION, "infinite", "0"),
        make_option(SF_TYPE_PERCENT, "25%", "0%", "100%"),
        make_option(SF_TYPE_CHOICE, "a", nullptr, nullptr, "a|b"),
    };
    std::vector<std::string> keys;
    for (std::size_t i = 0; i < options.size(); ++i)
    {
        keys.push_back("key_" + std::to_string(i));
    }
    for (std::size_t i = 0; i < options.size(); ++i)
    {
        options[i].key = keys[i].c_str();
    }
    CHECK(check_options(options) == std::nullopt);
    CHECK(check_options({}) == std::nullopt);
}

TEST_CASE("a default must parse and lie in its range")
{
    CHECK(problem_of(make_option(SF_TYPE_DURATION, "soon"))
              .starts_with("option 'key': its default: found \"soon\""));
    CHECK(problem_of(make_option(SF_TYPE_INTEGER, "6", "1", "5")) ==
          "option 'key': its default: found \"6\", expected a whole number, from 1 to 5");
    CHECK(problem_of(make_option(SF_TYPE_CHOICE, "c", nullptr, nullptr, "a|b")) ==
          "option 'key': its default: found \"c\", expected one of a, b");
    CHECK(problem_of(make_option(SF_TYPE_TEXT, nullptr)) == "option 'key': it has no default");
}

TEST_CASE("a range must parse, be in order and make sense for the type")
{
    CHECK(problem_of(make_option(SF_TYPE_INTEGER, "1", "one"))
              .starts_with("option 'key': its minimum: found \"one\""));
    CHECK(problem_of(make_option(SF_TYPE_INTEGER, "1", nullptr, "5s"))
              .starts_with("option 'key': its maximum:"));
    CHECK(problem_of(make_option(SF_TYPE_INTEGER, "1", "2", "1")) ==
          "option 'key': its minimum: found \"2\", expected a whole number, at most 1");
    CHECK(problem_of(make_option(SF_TYPE_TEXT, "", "a")) == "option 'key': a text has no range");
}

TEST_CASE("choices belong to a choice, and each has a name of its own")
{
    CHECK(problem_of(make_option(SF_TYPE_CHOICE, "a")) == "option 'key': it has no choices");
    CHECK(problem_of(make_option(SF_TYPE_CHOICE, "a", nullptr, nullptr, "a||b")) ==
          "option 'key': a choice has no name");
    CHECK(problem_of(make_option(SF_TYPE_CHOICE, "a", nullptr, nullptr, "a|a")) ==
          "option 'key': the choice 'a' is there twice");
    CHECK(problem_of(make_option(SF_TYPE_BOOL, "on", nullptr, nullptr, "on|off")) ==
          "option 'key': only a choice has choices");
}

TEST_CASE("a key is lower case and there once, a type is known, a help text is there")
{
    sf_option option = make_option(SF_TYPE_BOOL, "on");
    CHECK(check_options(std::vector{option, option}) == "the option 'key' is there twice");
    for (const char* key : {static_cast<const char*>(nullptr), "", "Key", "a-b", "a b"})
    {
        option.key = key;
        CHECK(problem_of(option) == "option 1 has no key of lower-case letters, digits and '_'");
    }
    option = make_option(SF_TYPE_BOOL, "on");
    option.help = nullptr;
    CHECK(problem_of(option) == "option 'key': it has no help text");
    CHECK(problem_of(make_option(9, "on")) == "option 'key': its type 9 is unknown");
    CHECK(problem_of(make_option(0, "on")) == "option 'key': its type 0 is unknown");
}
