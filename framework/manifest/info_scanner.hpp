#pragma once

#include "problems.hpp"
#include "scanned_key.hpp"

#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// The keys of an INFO document in the order in which they are written (parents before children), by the
/// rules of Boost's parser: words and strings in quotes, `;` comments, strings continued behind a `\`.
/// Stricter in three points: there are no directives (`#include` would open any file), a brace that sticks to
/// a word is an error, and nesting is bounded. Every error is reported with its line.
std::vector<ScannedKey> scan_info(std::string_view text, Problems& problems);

} // namespace spaceframe::manifest
