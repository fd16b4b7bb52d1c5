#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <optional>
#include <string>

namespace spaceframe::manifest
{

/// As `read_info`, of JSON: an object is a block, a member a key, a string, number or truth value the value
/// that is written, an array the repetition of its key.
std::optional<Document> read_json(const std::string& text, Problems& problems);

} // namespace spaceframe::manifest
