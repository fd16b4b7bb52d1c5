#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <string>
#include <vector>

/// Checks of form that are the same in every section. Each reports what it finds; of a key that is unusable,
/// nothing more is said.
namespace spaceframe::manifest
{

/// A key with a value, and nothing else.
bool is_value(const Node& node, const std::string& path, Problems& problems);

/// A key with a block, and nothing else.
bool is_block(const Node& node, const std::string& path, Problems& problems);

/// True when no earlier child of `parent` has the key of `node`, which is one of its children.
bool is_unique(const Node& parent, const Node& node, const std::string& path, Problems& problems);

/// A name that manifests may define: letters, digits, `_` and `-`; letters of any script.
bool is_name(const Node& node, const std::string& path, Problems& problems);

/// An unknown key where `known` are the legal ones.
void report_unknown(const Node& node, const std::string& path, const std::vector<std::string>& known,
                    Problems& problems);

/// "PARENT.KEY".
std::string path_of(const std::string& parent, const std::string& key);

} // namespace spaceframe::manifest
