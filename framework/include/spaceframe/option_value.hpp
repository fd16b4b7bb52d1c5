#pragma once

#include <spaceframe/config.hpp>

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <ratio>
#include <string>
#include <string_view>
#include <type_traits>

namespace spaceframe
{

namespace detail
{

/// What manifests call the unit of a duration; empty for one that they do not have.
template <class Period>
constexpr std::string_view unit_name() noexcept
{
    return std::is_same_v<Period, std::nano>          ? "ns"
           : std::is_same_v<Period, std::micro>       ? "us"
           : std::is_same_v<Period, std::milli>       ? "ms"
           : std::is_same_v<Period, std::ratio<1>>    ? "s"
           : std::is_same_v<Period, std::ratio<60>>   ? "min"
           : std::is_same_v<Period, std::ratio<3600>> ? "h"
                                                      : "";
}

} // namespace detail

/// The value of an option in code: what a manifest would write for it. Converts from the types that options
/// have; a percentage is text. Which type an option takes, and in which range, is known when the manifest is
/// built.
class SPACEFRAME_API OptionValue
{
public:
    /// Text, or any value as a manifest writes it, with its unit: "64MiB", "25%". Nothing in it is replaced:
    /// `${NAME}` is no variable here.
    OptionValue(std::string text);
    OptionValue(std::string_view text);
    OptionValue(const char* text);

    template <std::same_as<bool> Bool>
    OptionValue(Bool value) : text_(value ? "true" : "false")
    {}

    /// A count, or a size in bytes.
    template <std::integral Integer>
    requires(!std::same_as<Integer, bool> && !std::same_as<Integer, char>) OptionValue(Integer value)
        : text_(std::to_string(value))
    {}

    template <std::same_as<double> Real>
    OptionValue(Real value) : text_(text_of(value))
    {}

    /// A duration in one of the units that manifests have, nanoseconds to hours; max() is infinite.
    template <std::integral Count, class Period>
    requires(!detail::unit_name<Period>().empty()) OptionValue(std::chrono::duration<Count, Period> value)
        : text_(value == value.max() ? "infinite"
                                     : std::to_string(value.count()).append(detail::unit_name<Period>()))
    {}

    /// As a manifest writes it.
    const std::string& text() const noexcept;

private:
    static std::string text_of(double value);

    std::string text_;
};

/// A key with its value.
struct Option
{
    std::string key;
    OptionValue value;
};

/// Sizes in bytes: `64_MiB`. A size that 64 bits cannot hold does not compile.
inline namespace literals
{

consteval std::uint64_t operator""_KiB(unsigned long long count)
{
    return count > std::numeric_limits<std::uint64_t>::max() >> 10u ? throw "too large" : count << 10u;
}

consteval std::uint64_t operator""_MiB(unsigned long long count)
{
    return count > std::numeric_limits<std::uint64_t>::max() >> 20u ? throw "too large" : count << 20u;
}

consteval std::uint64_t operator""_GiB(unsigned long long count)
{
    return count > std::numeric_limits<std::uint64_t>::max() >> 30u ? throw "too large" : count << 30u;
}

} // namespace literals

} // namespace spaceframe
