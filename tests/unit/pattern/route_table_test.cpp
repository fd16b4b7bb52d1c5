#include "pattern/route_table.hpp"

#include <doctest/doctest.h>

#include <string>

using spaceframe::pattern::PeerId;
using spaceframe::pattern::RouteTable;

TEST_CASE("an identity leads to its peer, whatever bytes it is made of")
{
    RouteTable routes;
    const std::string zeroes(3, '\0');
    CHECK(routes.add("one", {1, 1}));
    CHECK(routes.add(zeroes, {2, 2}));
    CHECK(routes.find("one") == PeerId{1, 1});
    CHECK(routes.find(zeroes) == PeerId{2, 2});
    CHECK_FALSE(routes.find(std::string(2, '\0')));
    CHECK(routes.size() == 2);
}

TEST_CASE("an identity that is taken stays with its bearer")
{
    RouteTable routes;
    CHECK(routes.add("id", {1, 1}));
    CHECK_FALSE(routes.add("id", {2, 2}));
    CHECK(routes.find("id") == PeerId{1, 1});
}

TEST_CASE("a peer that came back keeps its route when its former self is removed")
{
    RouteTable routes;
    const PeerId before{4, 10};
    const PeerId after{4, 11};
    routes.add("id", before);
    routes.remove("id", before);
    CHECK_FALSE(routes.find("id"));
    CHECK(routes.add("id", after));
    routes.remove("id", before);
    CHECK(routes.find("id") == after);
    routes.remove("id", PeerId{5, 11});
    CHECK(routes.find("id") == after);
    routes.remove("id", after);
    CHECK(routes.size() == 0);
}

TEST_CASE("removing an identity that nobody bears changes nothing")
{
    RouteTable routes;
    routes.add("id", {1, 1});
    routes.remove("other", {1, 1});
    CHECK(routes.size() == 1);
}
