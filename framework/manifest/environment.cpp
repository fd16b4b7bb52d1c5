#include "environment.hpp"

#include "problems.hpp"

#include <algorithm>
#include <cstdlib>

namespace spaceframe::manifest
{
namespace
{

bool is_name(std::string_view text)
{
    const auto letter = [](char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
    };
    const auto letter_or_digit = [&](char c)
    {
        return letter(c) || (c >= '0' && c <= '9');
    };
    return !text.empty() && letter(text.front()) && std::ranges::all_of(text, letter_or_digit);
}

// The value of what stands between the braces.
std::optional<std::string> look_up(std::string_view reference, std::string& problem)
{
    const std::size_t separator = reference.find(":-");
    const std::string name(reference.substr(0, separator));
    if (!is_name(name))
    {
        problem = "found ${" + std::string(reference) + "}, expected ${NAME} or ${NAME:-default}";
        return std::nullopt;
    }
    const char* value = std::getenv(name.c_str());
    if (separator != std::string_view::npos)
    {
        return value != nullptr && *value != '\0' ? std::string(value)
                                                  : std::string(reference.substr(separator + 2));
    }
    if (value == nullptr)
    {
        problem = "environment variable " + name + " is not set; set it, or write ${" + name + ":-default}";
        return std::nullopt;
    }
    return std::string(value);
}

} // namespace

std::optional<std::string> expand_variables(std::string_view text, std::string& problem)
{
    std::string result;
    while (!text.empty())
    {
        if (text.starts_with("$${"))
        {
            result += "${";
            text.remove_prefix(3);
        }
        else if (text.starts_with("${"))
        {
            const std::size_t end = text.find('}');
            if (end == std::string_view::npos)
            {
                problem = "found " + quote(text) + " without a closing brace, expected ${NAME}";
                return std::nullopt;
            }
            const std::optional<std::string> value = look_up(text.substr(2, end - 2), problem);
            if (!value)
            {
                return std::nullopt;
            }
            result += *value;
            text.remove_prefix(end + 1);
        }
        else
        {
            result += text.front();
            text.remove_prefix(1);
        }
    }
    return result;
}

} // namespace spaceframe::manifest
