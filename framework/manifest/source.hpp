#pragma once

#include "problems.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::manifest
{

/// A manifest may have so many bytes.
inline constexpr std::size_t largest_source = std::size_t{8} << 20u;

/// Reads a file. Reports one that cannot be read, is no regular file (a pipe is fine) or is too large (a
/// regular file without being read), and returns nothing then.
std::optional<std::string> read_source(const std::filesystem::path& file, Problems& problems);

/// Reads a stream to its end. Reports one that cannot be read or has too much, and returns nothing then.
std::optional<std::string> read_source(std::istream& stream, Problems& problems);

/// Where `text` is not UTF-8, or has a control character that is no blank; npos for nowhere.
std::size_t find_no_text(std::string_view text);

/// Checks that this is text: not empty, UTF-8, no control characters but blanks. Removes a byte order mark.
/// Reports what is wrong and returns false.
bool check_source(std::string& text, Problems& problems);

} // namespace spaceframe::manifest
