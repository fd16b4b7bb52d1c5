#pragma once

#include "problems.hpp"
#include "scanned_key.hpp"

#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// The keys of a JSON document (RFC 8259) whose top is an object. Each element of an array counts as a key of
/// the array's name at the line of the element. Refused: an array in an array, an empty key, a NUL, nesting
/// that is too deep; the first error of syntax ends the scan. null, an empty array and a name that comes
/// twice in one object are left to whoever merges, as problems of their keys.
std::vector<ScannedKey> scan_json(std::string_view text, Problems& problems);

} // namespace spaceframe::manifest
