#include "info_reader.hpp"

#include "info_scanner.hpp"
#include "merge.hpp"

#include <boost/property_tree/info_parser.hpp>

#include <sstream>

namespace spaceframe::manifest
{

std::optional<Document> read_info(const std::string& text, Problems& problems)
{
    const std::vector<ScannedKey> keys = scan_info(text, problems);
    if (problems.failed())
    {
        return std::nullopt;
    }
    boost::property_tree::ptree tree;
    try
    {
        std::istringstream stream(text);
        boost::property_tree::read_info(stream, tree);
    }
    catch (const boost::property_tree::info_parser_error& error)
    {
        problems.error(static_cast<int>(error.line()), "syntax", error.message());
        return std::nullopt;
    }
    return merge(tree, keys, problems);
}

} // namespace spaceframe::manifest
