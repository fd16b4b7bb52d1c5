#pragma once

#include <chrono>
#include <optional>
#include <string_view>

namespace tool
{

/// Reads a duration as a manifest writes it: digits, and ns, us, ms, s, min or h. Nothing for anything else,
/// and for more than fits.
std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text);

} // namespace tool
