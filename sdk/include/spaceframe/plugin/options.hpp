#pragma once

#include <spaceframe/plugin/status.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace spaceframe::plugin
{

enum class Type : std::uint32_t
{
    boolean = SF_TYPE_BOOL,
    integer = SF_TYPE_INTEGER,
    real = SF_TYPE_REAL,
    text = SF_TYPE_TEXT,
    bytes = SF_TYPE_BYTES,
    duration = SF_TYPE_DURATION,
    percent = SF_TYPE_PERCENT,
    choice = SF_TYPE_CHOICE
};

// Builds a row of an option table:
//
//     constexpr sf_option exponential_options[] = {
//         option("initial", Type::duration, "100ms", "Delay before the first attempt").range("1ms", "1h"),
//         option("seed", Type::integer, "0", "Makes the jitter repeatable; 0 draws a seed"),
//         choice("growth", "double|linear", "double", "How the delay grows"),
//     };
//
// Values are written as in a manifest. The kernel refuses a plug-in whose defaults do not parse, or lie out
// of their range.
class OptionRow
{
public:
    constexpr OptionRow(const char* key, std::uint32_t type, const char* default_value, const char* help,
                        const char* choices = nullptr) noexcept
        : row_{key, type, 0, default_value, nullptr, nullptr, choices, help}
    {}

    // Both ends belong to the range; nullptr leaves an end open.
    constexpr OptionRow range(const char* minimum, const char* maximum) const noexcept
    {
        OptionRow copy = *this;
        copy.row_.minimum = minimum;
        copy.row_.maximum = maximum;
        return copy;
    }

    constexpr operator sf_option() const noexcept
    {
        return row_;
    }

private:
    sf_option row_;
};

// `help` is one sentence without the final stop.
constexpr OptionRow option(const char* key, Type type, const char* default_value, const char* help) noexcept
{
    return {key, static_cast<std::uint32_t>(type), default_value, help};
}

// `choices`: names separated by '|'.
constexpr OptionRow choice(const char* key, const char* choices, const char* default_value,
                           const char* help) noexcept
{
    return {key, SF_TYPE_CHOICE, default_value, help, choices};
}

inline constexpr std::array<sf_option, 0> no_options{};

// The value of a duration that a manifest writes as `infinite`.
inline constexpr std::chrono::nanoseconds infinite = std::chrono::nanoseconds::max();

// The values that a manifest gives to one object of a role. Borrowed: valid while the object is constructed.
// A key that the table lacks, or has with another type, is the author's mistake and throws Error.
class Options
{
public:
    Options(std::span<const sf_option> table, const sf_value* values, std::size_t count)
        : table_(table)
        , values_(values)
    {
        if (count != table.size())
        {
            throw Error(SF_INVALID, "the kernel gave " + std::to_string(count) + " values for " +
                                        std::to_string(table.size()) + " options");
        }
    }

    bool boolean(std::string_view key) const
    {
        return find(key, Type::boolean).integer != 0;
    }

    std::int64_t integer(std::string_view key) const
    {
        return find(key, Type::integer).integer;
    }

    double real(std::string_view key) const
    {
        return find(key, Type::real).real;
    }

    // 0.25 for "25%".
    double percent(std::string_view key) const
    {
        return find(key, Type::percent).real;
    }

    std::string_view text(std::string_view key) const
    {
        const sf_text text = find(key, Type::text).text;
        return {text.data, text.size};
    }

    std::uint64_t bytes(std::string_view key) const
    {
        return static_cast<std::uint64_t>(find(key, Type::bytes).integer);
    }

    std::chrono::nanoseconds duration(std::string_view key) const
    {
        return std::chrono::nanoseconds(find(key, Type::duration).integer);
    }

    // The index among the choices.
    std::size_t choice(std::string_view key) const
    {
        return static_cast<std::size_t>(find(key, Type::choice).integer);
    }

private:
    const sf_value& find(std::string_view key, Type type) const
    {
        for (std::size_t i = 0; i < table_.size(); ++i)
        {
            if (table_[i].key == key)
            {
                if (table_[i].type != static_cast<std::uint32_t>(type))
                {
                    throw Error(SF_INVALID,
                                "the option '" + std::string(key) + "' is declared with another type");
                }
                return values_[i];
            }
        }
        throw Error(SF_INVALID, "the option '" + std::string(key) + "' is not in the role's table");
    }

    std::span<const sf_option> table_;
    const sf_value* values_;
};

} // namespace spaceframe::plugin
