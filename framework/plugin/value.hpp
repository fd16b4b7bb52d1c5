#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::plugin_host
{

/// The value of an option, as sf_value but owning its text. Which member counts depends on the option's type.
struct Value
{
    std::int64_t integer =
        0; ///< BOOL (0 or 1), INTEGER, BYTES, DURATION (ns; INT64_MAX: infinite), CHOICE (its index)
    double real = 0;  ///< REAL, PERCENT (0.25 for 25%)
    std::string text; ///< TEXT, and the name of a CHOICE

    bool operator==(const Value&) const = default;
};

/// Reads a value as a manifest writes it. The one parser of manifests, defaults and ranges.
///
///     BOOL      true on yes | false off no
///     INTEGER   an optional sign and digits
///     REAL      a finite decimal number
///     TEXT      anything
///     BYTES     digits, and B, kB, MB, GB, TB (powers of 1000) or KiB, MiB, GiB, TiB (powers of 1024) or
///     nothing DURATION  digits, and ns, us, ms, s, min, h; or a bare 0; or infinite PERCENT   a finite
///     decimal number and % CHOICE    one of the names
///
/// Nothing is returned when the text is not of that form, does not fit, or lies outside the option's range;
/// `problem` then says what was found and what was expected. An option whose own range is ill-formed is the
/// plug-in's mistake (see check_options) and counts as open at that end.
std::optional<Value> parse_value(const sf_option& option, std::string_view text, std::string& problem);

/// The value as a manifest would write it, in its shortest exact form: "64MiB", "90s", "25%".
/// parse_value() of it gives the same value.
std::string format_value(const sf_option& option, const Value& value);

/// What parse_value() expects, for messages and help: "a duration from 1ms to 1h".
std::string describe_expected(const sf_option& option);

/// "bool", "integer", "real", "text", "bytes", "duration", "percent", "choice"; "unknown" for anything else.
std::string_view type_name(std::uint32_t type);

/// The names of a CHOICE in order; empty for other types. Views into the option's text.
std::vector<std::string_view> choice_names(const sf_option& option);

/// The default of each option. The options must have passed check_options().
std::vector<Value> default_values(std::span<const sf_option> options);

/// What `create` of a role takes. Texts are borrowed from `values`.
std::vector<sf_value> to_abi(std::span<const Value> values);

} // namespace spaceframe::plugin_host
