#pragma once

#include "problems.hpp"

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>

namespace spaceframe::manifest
{

/// A manifest may have so many bytes.
inline constexpr std::size_t largest_source = std::size_t{8} << 20u;

/// Reads a file. Reports one that cannot be read, is no regular file (a pipe is fine) or is too large (a
/// regular file without being read), and returns nothing then.
std::optional<std::string> read_source(const std::filesystem::path& file, Problems& problems);

/// Checks that this is text: not empty, UTF-8, no control characters but blanks. Removes a byte order mark.
/// Reports what is wrong and returns false.
bool check_source(std::string& text, Problems& problems);

} // namespace spaceframe::manifest
