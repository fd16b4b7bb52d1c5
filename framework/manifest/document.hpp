#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace spaceframe::manifest
{

/// One key of a manifest, in whatever form the manifest was written.
struct Node
{
    std::string key;
    std::string value;      ///< with variables replaced
    int line = 0;           ///< of the key, counted from 1; 0 in code, where there is none
    bool has_value = false; ///< a value was written, be it empty
    bool has_block = false; ///< children were written, be it none
    bool is_empty = false;  ///< both of the above: an XML element with nothing in it may be either
    bool unusable = false;  ///< an error about the value was reported already
    std::vector<Node> children;
};

/// A manifest as read, before anything is known of its meaning. What readers of each form and the builder
/// make, and the checker takes.
struct Document
{
    std::string file;                            ///< for messages; may be empty in code
    std::filesystem::path directory;             ///< where relative paths start
    std::string first_line = "\"spaceframe 1\""; ///< what gives the version, in the manifest's form
    Node root;                                   ///< children: the sections; key and value are empty
};

/// Nodes may be nested so deep. A manifest needs 4 levels; the limit bounds recursion.
inline constexpr int deepest_nesting = 32;

} // namespace spaceframe::manifest
