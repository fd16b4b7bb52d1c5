#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <optional>
#include <string>

namespace spaceframe::manifest
{

/// As `read_info`, of XML: in the element <manifest>, an element or an attribute is a key. The value of an
/// element is its text, without the blanks around it.
std::optional<Document> read_xml(const std::string& text, Problems& problems);

} // namespace spaceframe::manifest
