#pragma once

#include <spaceframe/plugin/abi.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace spaceframe::plugin::testing
{

// The values that a kernel would hand to `create`: the defaults of a role's option table, and what a test
// sets.
//
//     OptionValues values(role, {{"sndbuf", "64KiB"}, {"tcp_nodelay", "off"}});
//     transport.create(host.table(), values.data(), values.size(), &instance);
//
// Values are written as in a manifest. An unknown key or a value that cannot be read throws
// std::invalid_argument; ranges are the kernel's business, so a test can hand a plug-in what no manifest
// could.
class OptionValues
{
public:
    using Setting = std::pair<std::string_view, std::string_view>;

    OptionValues(const sf_role& role, std::initializer_list<Setting> settings)
        : OptionValues(role.options, role.option_count, settings)
    {}

    OptionValues(const sf_option* options, std::size_t count, std::initializer_list<Setting> settings)
    {
        for (std::size_t i = 0; i != count; ++i)
        {
            values_.push_back(parse(options[i], options[i].default_value));
        }
        for (const auto& [key, text] : settings)
        {
            const std::size_t index = find(options, count, key);
            values_[index] = parse(options[index], text);
        }
    }

    const sf_value* data() const
    {
        return values_.data();
    }

    std::size_t size() const
    {
        return values_.size();
    }

private:
    struct Unit
    {
        std::string_view name;
        std::int64_t factor;
    };

    // As in docs/manifest.md.
    static constexpr std::array<Unit, 10> byte_units{{{"", 1},
                                                      {"B", 1},
                                                      {"kB", 1'000},
                                                      {"MB", 1'000'000},
                                                      {"GB", 1'000'000'000},
                                                      {"TB", 1'000'000'000'000},
                                                      {"KiB", 1LL << 10},
                                                      {"MiB", 1LL << 20},
                                                      {"GiB", 1LL << 30},
                                                      {"TiB", 1LL << 40}}};
    static constexpr std::array<Unit, 6> time_units{{{"ns", 1},
                                                     {"us", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"min", 60'000'000'000},
                                                     {"h", 3'600'000'000'000}}};

    static std::size_t find(const sf_option* options, std::size_t count, std::string_view key)
    {
        for (std::size_t i = 0; i != count; ++i)
        {
            if (options[i].key == key)
            {
                return i;
            }
        }
        throw std::invalid_argument("the role has no option '" + std::string(key) + "'");
    }

    [[noreturn]] static void refuse(const sf_option& option, std::string_view text)
    {
        throw std::invalid_argument("'" + std::string(text) + "' is no value of the option '" + option.key +
                                    "'");
    }

    // `text` must outlive the values.
    static sf_value parse(const sf_option& option, std::string_view text)
    {
        sf_value value{0, 0, {text.data(), text.size()}};
        switch (option.type)
        {
        case SF_TYPE_BOOL:
            value.integer = text == "true" || text == "on" || text == "yes" ? 1 : 0;
            if (value.integer == 0 && text != "false" && text != "off" && text != "no")
            {
                refuse(option, text);
            }
            return value;
        case SF_TYPE_TEXT:
            return value;
        case SF_TYPE_CHOICE:
            value.integer = choose(option, text);
            return value;
        case SF_TYPE_INTEGER:
            value.integer = number<std::int64_t>(option, text, text);
            return value;
        case SF_TYPE_REAL:
            value.real = number<double>(option, text, text);
            return value;
        case SF_TYPE_PERCENT:
            value.real = number<double>(option, text, text.substr(0, text.find('%'))) / 100;
            if (text.find('%') + 1 != text.size())
            {
                refuse(option, text);
            }
            return value;
        case SF_TYPE_BYTES:
            value.integer = scaled(option, text, byte_units);
            return value;
        case SF_TYPE_DURATION:
            value.integer = text == "infinite" ? INT64_MAX
                            : text == "0"      ? 0
                                               : scaled(option, text, time_units);
            return value;
        default:
            refuse(option, text);
        }
    }

    template <class Number>
    static Number number(const sf_option& option, std::string_view text, std::string_view digits)
    {
        Number value{};
        const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
        if (error != std::errc() || end != digits.data() + digits.size())
        {
            refuse(option, text);
        }
        return value;
    }

    static std::int64_t scaled(const sf_option& option, std::string_view text, std::span<const Unit> units)
    {
        const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
        const auto count = number<std::int64_t>(option, text, text.substr(0, digits));
        for (const Unit& unit : units)
        {
            if (unit.name == text.substr(digits) && count <= INT64_MAX / unit.factor)
            {
                return count * unit.factor;
            }
        }
        refuse(option, text);
    }

    static std::int64_t choose(const sf_option& option, std::string_view text)
    {
        std::string_view rest = option.choices;
        for (std::int64_t index = 0;; ++index)
        {
            const std::size_t end = rest.find('|');
            if (rest.substr(0, end) == text)
            {
                return index;
            }
            if (end == std::string_view::npos)
            {
                refuse(option, text);
            }
            rest.remove_prefix(end + 1);
        }
    }

    std::vector<sf_value> values_;
};

} // namespace spaceframe::plugin::testing
