#pragma once

#include "text_cursor.hpp"

#include <optional>
#include <string_view>

namespace spaceframe::manifest
{

/// Each takes what its name says from where the cursor stands. Nothing or false, and an error, when it is not
/// there or malformed. `what` says in messages what was expected.

/// The name of an element or an attribute.
std::optional<std::string_view> take_xml_name(TextCursor& cursor, std::string_view what, Problems& problems);

/// `= "value"`, in one line, behind the name of an attribute; the value as it is written.
std::optional<std::string_view> take_xml_value(TextCursor& cursor, Problems& problems);

/// Text up to the next tag or the end; true in `is_blank` when nothing but blanks is written in it.
bool take_xml_text(TextCursor& cursor, bool& is_blank, Problems& problems);

/// A comment; the cursor stands at its `<!--`.
bool take_xml_comment(TextCursor& cursor, Problems& problems);

/// The XML declaration, if there is one.
bool take_xml_declaration(TextCursor& cursor, Problems& problems);

} // namespace spaceframe::manifest
