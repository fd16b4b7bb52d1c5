#include "merge.hpp"

#include "environment.hpp"
#include "form.hpp"

#include <cstddef>
#include <string>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

using boost::property_tree::ptree;

class Merger
{
public:
    Merger(const std::vector<ScannedKey>& keys, Problems& problems) : keys_(keys), problems_(problems)
    {}

    bool merge(const ptree& tree, Node& parent, const std::string& parent_path, int depth)
    {
        for (const auto& [key, subtree] : tree)
        {
            if (!is_next(key, subtree, depth))
            {
                return false;
            }
            const ScannedKey& scanned = keys_[next_++];
            const std::string path = path_of(parent_path, key);
            Node& node = parent.children.emplace_back();
            node.key = key;
            node.line = scanned.line;
            node.has_value = scanned.has_value;
            node.has_block = scanned.has_block;
            node.is_empty = scanned.is_empty;
            if (scanned.problem.empty())
            {
                expand(subtree.data(), node, path);
            }
            else
            {
                reject(scanned.problem, node, path);
            }
            if (!merge(subtree, node, path, depth + 1))
            {
                return false;
            }
        }
        return depth > 0 || next_ == keys_.size();
    }

private:
    bool is_next(const std::string& key, const ptree& subtree, int depth) const
    {
        if (next_ == keys_.size() || keys_[next_].key != key || keys_[next_].depth != depth)
        {
            return false;
        }
        return (subtree.empty() || keys_[next_].has_block) &&
               (subtree.data().empty() || keys_[next_].has_value);
    }

    void expand(const std::string& text, Node& node, const std::string& path)
    {
        std::string problem;
        if (std::optional<std::string> value = expand_variables(text, problem))
        {
            node.value = std::move(*value);
            return;
        }
        reject(problem, node, path);
    }

    void reject(const std::string& problem, Node& node, const std::string& path)
    {
        problems_.error(node.line, path, problem);
        node.unusable = true;
    }

    const std::vector<ScannedKey>& keys_;
    Problems& problems_;
    std::size_t next_ = 0;
};

} // namespace

std::optional<Document> merge(const ptree& tree, const std::vector<ScannedKey>& keys, Problems& problems)
{
    Document document;
    if (!Merger(keys, problems).merge(tree, document.root, "", 0))
    {
        problems.error(0, "syntax", "the lines of its keys cannot be told; write one key on each line");
        return std::nullopt;
    }
    return document;
}

} // namespace spaceframe::manifest
