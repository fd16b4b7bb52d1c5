#include "json_reader.hpp"

#include "json_scanner.hpp"
#include "merge.hpp"

#include <boost/property_tree/json_parser.hpp>

#include <sstream>

namespace spaceframe::manifest
{
namespace
{

using boost::property_tree::ptree;

// PropertyTree gives the elements of an array empty keys, which the scanner refuses elsewhere.
bool is_array(const ptree& tree)
{
    return !tree.empty() && tree.front().first.empty();
}

// Recursion is bounded: the scanner refused deep nesting.
ptree repeat_elements(const ptree& tree)
{
    ptree result(tree.data());
    for (const auto& [key, subtree] : tree)
    {
        if (!is_array(subtree))
        {
            result.push_back({key, repeat_elements(subtree)});
            continue;
        }
        for (const auto& [none, element] : subtree)
        {
            result.push_back({key, repeat_elements(element)});
        }
    }
    return result;
}

} // namespace

std::optional<Document> read_json(const std::string& text, Problems& problems)
{
    const std::vector<ScannedKey> keys = scan_json(text, problems);
    if (problems.failed())
    {
        return std::nullopt;
    }
    ptree tree;
    try
    {
        std::istringstream stream(text);
        boost::property_tree::read_json(stream, tree);
    }
    catch (const boost::property_tree::json_parser_error& error)
    {
        problems.error(static_cast<int>(error.line()), "syntax", error.message());
        return std::nullopt;
    }
    return merge(repeat_elements(tree), keys, problems);
}

} // namespace spaceframe::manifest
