#include "pattern/table.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>
#include <string>

using namespace spaceframe::pattern;

namespace
{

const Row* by_wire_name(std::string_view name)
{
    for (const Row& row : patterns())
    {
        if (row.wire_name == name)
        {
            return &row;
        }
    }
    return nullptr;
}

} // namespace

TEST_CASE("the eleven patterns have names of their own, on the wire in capitals")
{
    std::set<std::string_view> names;
    for (const Row& row : patterns())
    {
        names.insert(row.name);
        CHECK(find_pattern(row.name) == &row);
        std::string capitals(row.name);
        std::transform(capitals.begin(), capitals.end(), capitals.begin(),
                       [](unsigned char c)
                       {
                           return static_cast<char>(std::toupper(c));
                       });
        CHECK(row.wire_name == capitals);
    }
    CHECK(names == std::set<std::string_view>{"pair", "push", "pull", "dealer", "router", "req", "rep", "pub",
                                              "sub", "xpub", "xsub"});
    CHECK(find_pattern("ROUTER") == nullptr);
    CHECK(find_pattern("") == nullptr);
}

TEST_CASE("every peer that a row names is a pattern, and may talk back")
{
    for (const Row& row : patterns())
    {
        CAPTURE(row.name);
        std::istringstream peers{std::string(row.peers)};
        int count = 0;
        for (std::string peer; peers >> peer; ++count)
        {
            CAPTURE(peer);
            const Row* other = by_wire_name(peer);
            REQUIRE(other != nullptr);
            CHECK(may_talk(row, peer));
            CHECK(may_talk(*other, row.wire_name));
        }
        CHECK(count > 0);
    }
}

TEST_CASE("who may talk to whom is symmetric")
{
    for (const Row& row : patterns())
    {
        for (const Row& other : patterns())
        {
            CAPTURE(row.name);
            CAPTURE(other.name);
            CHECK(may_talk(row, other.wire_name) == may_talk(other, row.wire_name));
        }
    }
}

TEST_CASE("only whole names of peers are welcome, and an empty one is")
{
    const Row& dealer = *find_pattern("dealer");
    CHECK(may_talk(dealer, "ROUTER"));
    CHECK(may_talk(dealer, "DEALER"));
    CHECK(may_talk(dealer, "REP"));
    CHECK(may_talk(dealer, ""));
    for (const char* other : {"REQ", "ROUTE", "ROUTERS", "DEALER ROUTER", " ", "router", "PUSH"})
    {
        CAPTURE(other);
        CHECK_FALSE(may_talk(dealer, other));
    }
}
