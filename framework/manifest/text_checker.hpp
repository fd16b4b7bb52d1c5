#pragma once

#include "document.hpp"
#include "problems.hpp"

namespace spaceframe::manifest
{

/// Holds a document that no reader made to what a file may contain: keys and values are UTF-8 without control
/// characters but blanks. Reports those that are not; such a key is removed, such a value unusable.
void check_texts(Document& document, Problems& problems);

} // namespace spaceframe::manifest
