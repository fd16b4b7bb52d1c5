#include "xml_reader.hpp"

#include "merge.hpp"
#include "xml_scanner.hpp"

#include <boost/property_tree/xml_parser.hpp>

#include <sstream>
#include <string_view>

namespace spaceframe::manifest
{
namespace
{

using boost::property_tree::ptree;

// As XML wants it before anything else (XML 1.0, 2.11).
std::string normalise_line_ends(std::string_view text)
{
    std::string result;
    result.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        if (text[i] != '\r')
        {
            result += text[i];
        }
        else if (i + 1 == text.size() || text[i + 1] != '\n')
        {
            result += '\n';
        }
    }
    return result;
}

std::string trim(const std::string& text)
{
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    return first == std::string::npos ? "" : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

// PropertyTree puts attributes into a child of this key, which no element can have.
// Recursion is bounded: the scanner refused deep nesting.
ptree lift_attributes(const ptree& element)
{
    ptree result(trim(element.data()));
    for (const auto& [key, subtree] : element)
    {
        if (key != "<xmlattr>")
        {
            result.push_back({key, lift_attributes(subtree)});
            continue;
        }
        for (const auto& attribute : subtree)
        {
            result.push_back(attribute);
        }
    }
    return result;
}

} // namespace

std::optional<Document> read_xml(const std::string& text, Problems& problems)
{
    const std::vector<ScannedKey> keys = scan_xml(text, problems);
    if (problems.failed())
    {
        return std::nullopt;
    }
    ptree tree;
    try
    {
        std::istringstream stream(normalise_line_ends(text));
        boost::property_tree::read_xml(stream, tree, boost::property_tree::xml_parser::no_comments);
    }
    catch (const boost::property_tree::xml_parser_error& error)
    {
        problems.error(static_cast<int>(error.line()), "syntax", error.message());
        return std::nullopt;
    }
    return merge(lift_attributes(tree.get_child(std::string(xml_root))), keys, problems);
}

} // namespace spaceframe::manifest
