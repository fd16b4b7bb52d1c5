#pragma once

#include "text_cursor.hpp"

#include <optional>
#include <string>

namespace spaceframe::manifest
{

/// Takes a string with its quotes, which begins where the cursor stands, and resolves escapes. Nothing, and
/// an error, when it is malformed or holds a NUL.
std::optional<std::string> take_json_string(TextCursor& cursor, Problems& problems);

/// Takes a number, `true`, `false` or `null`, and returns it as it is written. Nothing, and an error, when
/// none comes next.
std::optional<std::string> take_json_literal(TextCursor& cursor, Problems& problems);

} // namespace spaceframe::manifest
