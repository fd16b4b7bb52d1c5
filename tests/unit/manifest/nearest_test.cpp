#include <doctest/doctest.h>
#include <framework/manifest/nearest.hpp>

using namespace spaceframe::manifest;

TEST_CASE("an edit is a letter inserted, removed, replaced or swapped with its neighbour")
{
    CHECK(edit_distance("hwm", "hwm") == 0);
    CHECK(edit_distance("", "abc") == 3);
    CHECK(edit_distance("snd_hwm", "send_hwm") == 1);
    CHECK(edit_distance("sendd_hwm", "send_hwm") == 1);
    CHECK(edit_distance("sent_hwm", "send_hwm") == 1);
    CHECK(edit_distance("sned_hwm", "send_hwm") == 1);
    CHECK(edit_distance("ROUTER", "router") == 0);
}

TEST_CASE("the nearest name is suggested, and nothing that is far off")
{
    const std::vector<std::string> names{"dealer", "router", "push", "pull"};
    CHECK(nearest("ruter", names) == "router");
    CHECK(nearest("psuh", names) == "push");
    CHECK(nearest("telephone", names).empty());
    CHECK(nearest("x", names).empty());
    CHECK(nearest(std::string(100000, 'r'), names).empty());
    CHECK(did_you_mean("dealr", names) == "; did you mean \"dealer\"?");
    CHECK(did_you_mean("telephone", names).empty());
}
