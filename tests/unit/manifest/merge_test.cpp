#include <doctest/doctest.h>
#include <framework/manifest/merge.hpp>

#include <string>
#include <vector>

using boost::property_tree::ptree;
using namespace spaceframe::manifest;

namespace
{

ScannedKey key(const std::string& name, int depth, bool has_value)
{
    ScannedKey result;
    result.key = name;
    result.line = 7;
    result.depth = depth;
    result.has_value = has_value;
    result.has_block = !has_value;
    return result;
}

// The first error of merging `keys` with the tree `a { b 1 }`, or "fine".
std::string merge_with(const std::vector<ScannedKey>& keys)
{
    ptree tree;
    tree.put("a.b", "1");
    Problems problems("m");
    const auto document = merge(tree, keys, problems);
    CHECK(document.has_value() == !problems.failed());
    return problems.failed() ? problems.errors().at(0) : "fine";
}

const std::string doubt = "m: syntax: the lines of its keys cannot be told; write one key on each line";

} // namespace

TEST_CASE("a tree and the keys of a scanner that agree become a document")
{
    CHECK(merge_with({key("a", 0, false), key("b", 1, true)}) == "fine");
}

TEST_CASE("a scanner that saw more, fewer or other keys than the tree has is an error")
{
    CHECK(merge_with({key("a", 0, false), key("b", 1, true), key("c", 0, true)}) == doubt);
    CHECK(merge_with({key("a", 0, false)}) == doubt);
    CHECK(merge_with({key("a", 0, false), key("c", 1, true)}) == doubt);
    CHECK(merge_with({key("a", 0, false), key("b", 0, true)}) == doubt);
    CHECK(merge_with({}) == doubt);
}

TEST_CASE("a scanner that saw no value or no block where the tree has one is an error")
{
    CHECK(merge_with({key("a", 0, true), key("b", 1, true)}) == doubt);
    CHECK(merge_with({key("a", 0, false), key("b", 1, false)}) == doubt);
}
