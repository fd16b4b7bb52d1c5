#include <doctest/doctest.h>
#include <framework/manifest/problems.hpp>

using spaceframe::manifest::Problems;
using Lines = std::vector<std::string>;

TEST_CASE("what is wrong is told by line, and once, however often it is found")
{
    Problems problems("m.info");
    problems.error(7, "b", "found it");
    problems.error(2, "a", "found it");
    problems.error(7, "c", "found it");
    problems.error(7, "b", "found it");
    problems.warning(7, "b", "found it");
    CHECK(problems.errors() ==
          Lines{"m.info:2: a: found it", "m.info:7: b: found it", "m.info:7: c: found it"});
    CHECK(problems.warnings() == Lines{"m.info:7: b: found it"});
}

TEST_CASE("what is not known of a place is left out")
{
    const auto place = [](const std::string& file, int line, const std::string& path)
    {
        Problems problems(file);
        problems.error(line, path, "found it");
        return problems.errors().at(0);
    };
    CHECK(place("m", 5, "a.b") == "m:5: a.b: found it");
    CHECK(place("m", 0, "a.b") == "m: a.b: found it");
    CHECK(place("m", 0, "") == "m: found it");
    CHECK(place("", 5, "a.b") == "line 5: a.b: found it");
    CHECK(place("", 0, "a.b") == "a.b: found it");
    CHECK(place("", 0, "") == "found it");
}
