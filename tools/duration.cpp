#include "duration.hpp"

#include <array>
#include <charconv>
#include <cstdint>
#include <limits>
#include <system_error>
#include <utility>

namespace tool
{

std::optional<std::chrono::nanoseconds> parse_duration(std::string_view text)
{
    constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> units{{
        {"ns", 1},
        {"us", 1'000},
        {"ms", 1'000'000},
        {"s", 1'000'000'000},
        {"min", 60'000'000'000},
        {"h", 3'600'000'000'000},
    }};
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0)
    {
        return std::nullopt;
    }
    const std::string_view suffix = text.substr(static_cast<std::size_t>(end - text.data()));
    for (const auto& [name, factor] : units)
    {
        if (suffix == name && number <= std::numeric_limits<std::int64_t>::max() / factor)
        {
            return std::chrono::nanoseconds(number * factor);
        }
    }
    return std::nullopt;
}

} // namespace tool
