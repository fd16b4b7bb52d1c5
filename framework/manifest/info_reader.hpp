#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <optional>
#include <string>

namespace spaceframe::manifest
{

/// Reads INFO: the values by Boost.PropertyTree, the positions by a scanner of our own, the two compared key
/// by key. Variables are replaced. Nothing when the text is not INFO; the reasons, and variables that lead to
/// nothing, are reported.
std::optional<Document> read_info(const std::string& text, Problems& problems);

} // namespace spaceframe::manifest
