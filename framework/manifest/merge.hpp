#pragma once

#include "document.hpp"
#include "problems.hpp"
#include "scanned_key.hpp"

#include <boost/property_tree/ptree.hpp>

#include <optional>
#include <vector>

namespace spaceframe::manifest
{

/// Joins what Boost.PropertyTree read with what a scanner knows of the same text, key by key, and replaces
/// variables. Repeated keys of the tree are children of the same name. Reports what is forbidden at a key,
/// and variables that lead to nothing; the document is there all the same, with those keys marked. Nothing,
/// and an error, when tree and scanner disagree. Needs a tree that is at most `deepest_nesting` deep.
std::optional<Document> merge(const boost::property_tree::ptree& tree, const std::vector<ScannedKey>& keys,
                              Problems& problems);

} // namespace spaceframe::manifest
