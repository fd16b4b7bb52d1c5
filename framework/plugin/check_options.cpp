#include "check_options.hpp"

#include "value.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace spaceframe::plugin_host
{

namespace
{

bool has_range(std::uint32_t type)
{
    return type == SF_TYPE_INTEGER || type == SF_TYPE_REAL || type == SF_TYPE_BYTES ||
           type == SF_TYPE_DURATION || type == SF_TYPE_PERCENT;
}

std::optional<std::string> check_choices(const sf_option& option)
{
    if (option.type != SF_TYPE_CHOICE)
    {
        return option.choices == nullptr ? std::nullopt
                                         : std::optional<std::string>("only a choice has choices");
    }
    std::set<std::string_view> seen;
    for (const std::string_view name : choice_names(option))
    {
        if (name.empty())
        {
            return "a choice has no name";
        }
        if (!seen.insert(name).second)
        {
            return fmt::format("the choice '{}' is there twice", name);
        }
    }
    return seen.empty() ? std::optional<std::string>("it has no choices") : std::nullopt;
}

std::optional<std::string> check_range(const sf_option& option)
{
    if (option.minimum == nullptr && option.maximum == nullptr)
    {
        return std::nullopt;
    }
    if (!has_range(option.type))
    {
        return fmt::format("a {} has no range", type_name(option.type));
    }
    sf_option bounded = option;
    bounded.minimum = nullptr;
    bounded.maximum = nullptr;
    std::string problem;
    if (option.maximum != nullptr && !parse_value(bounded, option.maximum, problem))
    {
        return "its maximum: " + problem;
    }
    bounded.maximum = option.maximum;
    if (option.minimum != nullptr && !parse_value(bounded, option.minimum, problem))
    {
        return "its minimum: " + problem;
    }
    return std::nullopt;
}

std::optional<std::string> check_option(const sf_option& option)
{
    if (type_name(option.type) == type_name(0))
    {
        return fmt::format("its type {} is unknown", option.type);
    }
    if (option.help == nullptr || *option.help == '\0')
    {
        return "it has no help text";
    }
    if (option.default_value == nullptr)
    {
        return "it has no default";
    }
    if (auto problem = check_choices(option))
    {
        return problem;
    }
    if (auto problem = check_range(option))
    {
        return problem;
    }
    std::string problem;
    if (!parse_value(option, option.default_value, problem))
    {
        return "its default: " + problem;
    }
    return std::nullopt;
}

} // namespace

bool is_name(const char* name, const char* also)
{
    if (name == nullptr || *name == '\0')
    {
        return false;
    }
    return std::ranges::all_of(std::string_view(name),
                               [also](char c)
                               {
                                   return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                                          std::string_view(also).find(c) != std::string_view::npos;
                               });
}

std::optional<std::string> check_options(std::span<const sf_option> options)
{
    std::set<std::string_view> seen;
    for (std::size_t i = 0; i < options.size(); ++i)
    {
        const sf_option& option = options[i];
        if (!is_name(option.key, "_"))
        {
            return fmt::format("option {} has no key of lower-case letters, digits and '_'", i + 1);
        }
        if (!seen.insert(option.key).second)
        {
            return fmt::format("the option '{}' is there twice", option.key);
        }
        if (const auto problem = check_option(option))
        {
            return fmt::format("option '{}': {}", option.key, *problem);
        }
    }
    return std::nullopt;
}

} // namespace spaceframe::plugin_host
