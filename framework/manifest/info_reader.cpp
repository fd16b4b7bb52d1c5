#include "info_reader.hpp"

#include "environment.hpp"
#include "info_scanner.hpp"

#include <boost/property_tree/info_parser.hpp>
#include <boost/property_tree/ptree.hpp>

#include <algorithm>
#include <sstream>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

using boost::property_tree::ptree;

// Walks tree and scanned keys side by side. Recursion is bounded: the scanner refused deep nesting.
class Merger
{
public:
    Merger(const std::vector<ScannedKey>& keys, Problems& problems) : keys_(keys), problems_(problems)
    {}

    bool merge(const ptree& tree, Node& parent, const std::string& parent_path, int depth)
    {
        for (const auto& [key, subtree] : tree)
        {
            if (next_ == keys_.size() || keys_[next_].key != key || keys_[next_].depth != depth)
            {
                return false;
            }
            const ScannedKey& scanned = keys_[next_++];
            const std::string path = parent_path.empty() ? key : parent_path + "." + key;
            Node& node = parent.children.emplace_back();
            node.key = key;
            node.line = scanned.line;
            node.has_value = scanned.has_value;
            node.has_block = scanned.has_block;
            expand(subtree.data(), node, path);
            if (!merge(subtree, node, path, depth + 1))
            {
                return false;
            }
        }
        return depth > 0 || next_ == keys_.size();
    }

private:
    void expand(const std::string& text, Node& node, const std::string& path)
    {
        std::string problem;
        if (std::optional<std::string> value = expand_variables(text, problem))
        {
            node.value = std::move(*value);
            return;
        }
        problems_.error(node.line, path, problem);
        node.unusable = true;
    }

    const std::vector<ScannedKey>& keys_;
    Problems& problems_;
    std::size_t next_ = 0;
};

} // namespace

std::optional<Document> read_info(const std::string& text, Problems& problems)
{
    const std::vector<ScannedKey> keys = scan_info(text, problems);
    if (problems.failed())
    {
        return std::nullopt;
    }
    ptree tree;
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
    Document document;
    if (!Merger(keys, problems).merge(tree, document.root, "", 0))
    {
        problems.error(0, "syntax", "the lines of its keys cannot be told; write one key on each line");
        return std::nullopt;
    }
    return document;
}

} // namespace spaceframe::manifest
