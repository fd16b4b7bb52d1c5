#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

/// Checks of form that are the same in every section. Each reports what it finds; of a key that is unusable,
/// nothing more is said.
namespace spaceframe::manifest
{

/// A key with a value, and nothing else.
bool is_value(const Node& node, const std::string& path, Problems& problems);

/// A key with a block, and nothing else.
bool is_block(const Node& node, const std::string& path, Problems& problems);

/// The keys of a block, and who was the first of each. The block outlives it.
class Siblings
{
public:
    explicit Siblings(const Node& parent);

    /// True when no earlier child of the block has the key of `node`, which is one of its children.
    bool is_unique(const Node& node, const std::string& path, Problems& problems) const;

private:
    std::unordered_map<std::string_view, const Node*> first_;
};

/// A name that manifests may define: letters, digits, `_` and `-`; letters of any script.
bool is_name(const Node& node, const std::string& path, Problems& problems);

/// An unknown key where `known` are the legal ones.
void report_unknown(const Node& node, const std::string& path, const std::vector<std::string>& known,
                    Problems& problems);

/// `text` with its {} replaced by the line; empty where the line is not known, as in code.
std::string mention_line(const char* text, int line);

/// "PARENT.KEY".
std::string path_of(const std::string& parent, const std::string& key);

} // namespace spaceframe::manifest
