#include "units.hpp"

#include <array>
#include <charconv>
#include <limits>
#include <system_error>

namespace spaceframe::plugin_host
{

namespace
{

constexpr std::int64_t kilo = 1000;
constexpr std::int64_t kibi = 1024;

constexpr std::array<Unit, 10> byte_table{{
    {"", 1},
    {"B", 1},
    {"kB", kilo},
    {"MB", kilo* kilo},
    {"GB", kilo* kilo* kilo},
    {"TB", kilo* kilo* kilo* kilo},
    {"KiB", kibi},
    {"MiB", kibi* kibi},
    {"GiB", kibi* kibi* kibi},
    {"TiB", kibi* kibi* kibi* kibi},
}};

constexpr std::array<Unit, 6> time_table{{
    {"ns", 1},
    {"us", kilo},
    {"ms", kilo* kilo},
    {"s", kilo* kilo* kilo},
    {"min", 60 * kilo* kilo* kilo},
    {"h", 3600 * kilo* kilo* kilo},
}};

} // namespace

std::span<const Unit> byte_units()
{
    return byte_table;
}

std::span<const Unit> time_units()
{
    return time_table;
}

std::optional<std::int64_t> parse_with_unit(std::string_view text, std::span<const Unit> units)
{
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc())
    {
        return std::nullopt;
    }
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    for (const Unit& unit : units)
    {
        if (text == unit.suffix)
        {
            const auto factor = static_cast<std::uint64_t>(unit.factor);
            constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
            if (number > most / factor)
            {
                return std::nullopt;
            }
            return static_cast<std::int64_t>(number * factor);
        }
    }
    return std::nullopt;
}

std::string format_with_unit(std::int64_t number, std::span<const Unit> units)
{
    if (number == 0)
    {
        return "0";
    }
    const Unit* best = &units.front();
    for (const Unit& unit : units)
    {
        if (unit.factor > 1 && number % unit.factor == 0)
        {
            best = &unit;
        }
    }
    return std::to_string(number / best->factor).append(best->suffix);
}

} // namespace spaceframe::plugin_host
