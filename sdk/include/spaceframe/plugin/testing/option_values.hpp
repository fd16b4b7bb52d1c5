#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>
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
        double factor;
    };

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
            value.integer = static_cast<std::int64_t>(scale(option, text, {{"", 1}}));
            return value;
        case SF_TYPE_REAL:
            value.real = scale(option, text, {{"", 1}});
            return value;
        case SF_TYPE_PERCENT:
            value.real = scale(option, text, {{"%", 0.01}});
            return value;
        case SF_TYPE_BYTES:
            value.integer = static_cast<std::int64_t>(scale(option, text,
                                                            {{"", 1},
                                                             {"B", 1},
                                                             {"KB", 1e3},
                                                             {"MB", 1e6},
                                                             {"GB", 1e9},
                                                             {"KiB", 1024},
                                                             {"MiB", 1048576},
                                                             {"GiB", 1073741824}}));
            return value;
        case SF_TYPE_DURATION:
            value.integer =
                text == "infinite"
                    ? INT64_MAX
                    : static_cast<std::int64_t>(scale(
                          option, text,
                          {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"min", 60e9}, {"h", 3600e9}}));
            return value;
        default:
            refuse(option, text);
        }
    }

    static double scale(const sf_option& option, std::string_view text, std::initializer_list<Unit> units)
    {
        const std::string copy(text);
        char* end = nullptr;
        const double number = std::strtod(copy.c_str(), &end);
        for (const Unit& unit : units)
        {
            if (end != copy.c_str() && unit.name == end)
            {
                return number * unit.factor;
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
