#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace spaceframe::plugin_host
{

/// A suffix and what it multiplies by.
struct Unit
{
    std::string_view suffix;
    std::int64_t factor;
};

/// Units of bytes in ascending order of preference for writing.
std::span<const Unit> byte_units();

/// Units of time, in nanoseconds, likewise.
std::span<const Unit> time_units();

/// Digits followed by one of the units. Nothing when the form is another or the product exceeds INT64_MAX.
std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units);

/// The number in the last unit of the list that divides it; 0 has none.
std::string format_with_unit(std::int64_t number, std::span<const Unit> units);

} // namespace spaceframe::plugin_host
