// docs/wire.md says which test stands for which trap of the wire; this one sees that it is true.
#include "source_tree.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

using namespace architecture;

namespace
{

// What stands between `before` and `after`, wherever `before` does.
std::set<std::string> all_between(std::string_view text, std::string_view before, char after)
{
    std::set<std::string> found;
    for (std::size_t at = text.find(before); at != std::string_view::npos; at = text.find(before, at))
    {
        at += before.size();
        found.emplace(text.substr(at, text.find(after, at) - at));
    }
    return found;
}

} // namespace

TEST_CASE("docs/wire.md names every test of a trap, and none that there is not")
{
    const std::filesystem::path root = SPACEFRAME_SOURCE_DIR;
    std::ifstream file(root / "docs" / "wire.md");
    const std::string page{std::istreambuf_iterator<char>(file), {}};
    const std::set<std::string> named = all_between(page, "`trap: ", '`');
    std::set<std::string> there;
    for (const auto& [path, text] : read_source_tree(root))
    {
        if (path.starts_with("tests/"))
        {
            there.merge(all_between(text, "TEST_CASE(\"trap: ", '"'));
        }
    }
    CHECK(there.size() > 30);
    for (const std::string& name : named)
    {
        CHECK_MESSAGE(there.contains(name), "there is no such test: " << name);
    }
    for (const std::string& name : there)
    {
        CHECK_MESSAGE(named.contains(name), "docs/wire.md does not name this test: " << name);
    }
}
