#include "value.hpp"

#include "quote.hpp"
#include "units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <stdexcept>
#include <system_error>

namespace spaceframe::plugin_host
{

namespace
{

constexpr std::int64_t infinite = std::numeric_limits<std::int64_t>::max();

bool is_real(std::uint32_t type)
{
    return type == SF_TYPE_REAL || type == SF_TYPE_PERCENT;
}

bool parse_bool(std::string_view text, Value& value)
{
    constexpr std::array<std::string_view, 3> yes{"true", "on", "yes"};
    constexpr std::array<std::string_view, 3> no{"false", "off", "no"};
    value.integer = std::ranges::find(yes, text) != yes.end() ? 1 : 0;
    return value.integer == 1 || std::ranges::find(no, text) != no.end();
}

template <class Number>
bool parse_number(std::string_view text, Number& number)
{
    const char* const end = text.data() + text.size();
    const auto [last, error] = std::from_chars(text.data(), end, number);
    return error == std::errc() && last == end;
}

bool parse_integer(std::string_view text, Value& value)
{
    if (text.starts_with('+') && !text.starts_with("+-"))
    {
        text.remove_prefix(1);
    }
    return parse_number(text, value.integer);
}

bool parse_real(std::string_view text, Value& value)
{
    return parse_number(text, value.real) && std::isfinite(value.real);
}

bool parse_percent(std::string_view text, Value& value)
{
    if (!text.ends_with('%') || !parse_real(text.substr(0, text.size() - 1), value))
    {
        return false;
    }
    value.real /= 100;
    return true;
}

bool parse_units(std::string_view text, std::span<const Unit> units, Value& value)
{
    const std::optional<std::int64_t> number = parse_with_unit(text, units);
    value.integer = number.value_or(0);
    return number.has_value();
}

bool parse_duration(std::string_view text, Value& value)
{
    if (text == "0" || text == "infinite")
    {
        value.integer = text == "0" ? 0 : infinite;
        return true;
    }
    return parse_units(text, time_units(), value);
}

bool parse_choice(const sf_option& option, std::string_view text, Value& value)
{
    const std::vector<std::string_view> names = choice_names(option);
    const auto found = std::ranges::find(names, text);
    value.integer = found - names.begin();
    value.text = text;
    return found != names.end();
}

// Everything but the range.
std::optional<Value> parse_form(const sf_option& option, std::string_view text)
{
    Value value;
    bool well_formed = false;
    switch (option.type)
    {
    case SF_TYPE_BOOL:
        well_formed = parse_bool(text, value);
        break;
    case SF_TYPE_INTEGER:
        well_formed = parse_integer(text, value);
        break;
    case SF_TYPE_REAL:
        well_formed = parse_real(text, value);
        break;
    case SF_TYPE_TEXT:
        value.text = text;
        well_formed = true;
        break;
    case SF_TYPE_BYTES:
        well_formed = parse_units(text, byte_units(), value);
        break;
    case SF_TYPE_DURATION:
        well_formed = parse_duration(text, value);
        break;
    case SF_TYPE_PERCENT:
        well_formed = parse_percent(text, value);
        break;
    case SF_TYPE_CHOICE:
        well_formed = parse_choice(option, text, value);
        break;
    default:
        break;
    }
    return well_formed ? std::optional(std::move(value)) : std::nullopt;
}

bool less(const sf_option& option, const Value& left, const Value& right)
{
    return is_real(option.type) ? left.real < right.real : left.integer < right.integer;
}

bool in_range(const sf_option& option, const Value& value)
{
    const auto minimum = option.minimum != nullptr ? parse_form(option, option.minimum) : std::nullopt;
    const auto maximum = option.maximum != nullptr ? parse_form(option, option.maximum) : std::nullopt;
    return !(minimum && less(option, value, *minimum)) && !(maximum && less(option, *maximum, value));
}

std::string format_real(double number)
{
    return fmt::format("{}", number);
}

// The shortest text that leads back to the same fraction: 100 * 0.07 is not 7.
std::string format_percent(double fraction)
{
    for (int digits = 6; digits < 17; ++digits)
    {
        std::string text = fmt::format("{:.{}g}", fraction * 100, digits);
        Value back;
        if (parse_real(text, back) && back.real / 100 == fraction)
        {
            return text + '%';
        }
    }
    return format_real(fraction * 100) + '%';
}

std::string expected_form(const sf_option& option)
{
    switch (option.type)
    {
    case SF_TYPE_BOOL:
        return "true or false";
    case SF_TYPE_INTEGER:
        return "a whole number";
    case SF_TYPE_REAL:
        return "a number";
    case SF_TYPE_TEXT:
        return "a text";
    case SF_TYPE_BYTES:
        return "a size such as 4096, 10MB or 64MiB";
    case SF_TYPE_DURATION:
        return "a duration such as 100ms, 30s, 2min or infinite";
    case SF_TYPE_PERCENT:
        return "a percentage such as 25%";
    case SF_TYPE_CHOICE:
        return fmt::format("one of {}", fmt::join(choice_names(option), ", "));
    default:
        return "nothing: its type is unknown";
    }
}

} // namespace

std::string_view type_name(std::uint32_t type)
{
    constexpr std::array<std::string_view, 9> names{"unknown", "bool",     "integer", "real",  "text",
                                                    "bytes",   "duration", "percent", "choice"};
    return type < names.size() ? names[type] : names[0];
}

std::vector<std::string_view> choice_names(const sf_option& option)
{
    std::vector<std::string_view> names;
    if (option.type != SF_TYPE_CHOICE || option.choices == nullptr)
    {
        return names;
    }
    std::string_view rest = option.choices;
    while (true)
    {
        const std::size_t bar = rest.find('|');
        names.push_back(rest.substr(0, bar));
        if (bar == std::string_view::npos)
        {
            return names;
        }
        rest.remove_prefix(bar + 1);
    }
}

std::string describe_expected(const sf_option& option)
{
    std::string text = expected_form(option);
    if (option.minimum != nullptr && option.maximum != nullptr)
    {
        text += fmt::format(", from {} to {}", option.minimum, option.maximum);
    }
    else if (option.minimum != nullptr)
    {
        text += fmt::format(", at least {}", option.minimum);
    }
    else if (option.maximum != nullptr)
    {
        text += fmt::format(", at most {}", option.maximum);
    }
    return text;
}

std::optional<Value> parse_value(const sf_option& option, std::string_view text, std::string& problem)
{
    std::optional<Value> value = parse_form(option, text);
    if (value && in_range(option, *value))
    {
        return value;
    }
    problem = fmt::format("found {}, expected {}", quote(text), describe_expected(option));
    return std::nullopt;
}

std::string format_value(const sf_option& option, const Value& value)
{
    switch (option.type)
    {
    case SF_TYPE_BOOL:
        return value.integer != 0 ? "true" : "false";
    case SF_TYPE_INTEGER:
        return std::to_string(value.integer);
    case SF_TYPE_REAL:
        return format_real(value.real);
    case SF_TYPE_BYTES:
        return format_with_unit(value.integer, byte_units());
    case SF_TYPE_DURATION:
        return value.integer == infinite ? "infinite" : format_with_unit(value.integer, time_units());
    case SF_TYPE_PERCENT:
        return format_percent(value.real);
    default:
        return value.text;
    }
}

std::vector<Value> default_values(std::span<const sf_option> options)
{
    std::vector<Value> values;
    values.reserve(options.size());
    for (const sf_option& option : options)
    {
        std::string problem;
        std::optional<Value> value = parse_value(option, option.default_value, problem);
        if (!value)
        {
            throw std::invalid_argument(fmt::format("default of option '{}': {}", option.key, problem));
        }
        values.push_back(std::move(*value));
    }
    return values;
}

std::vector<sf_value> to_abi(std::span<const Value> values)
{
    std::vector<sf_value> converted;
    converted.reserve(values.size());
    for (const Value& value : values)
    {
        converted.push_back({value.integer, value.real, {value.text.data(), value.text.size()}});
    }
    return converted;
}

} // namespace spaceframe::plugin_host
