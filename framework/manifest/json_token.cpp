#include "json_token.hpp"

#include <fmt/format.h>

#include <string_view>

namespace spaceframe::manifest
{
namespace
{

constexpr std::size_t unit_digits = 4;

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

std::size_t count_digits(std::string_view text)
{
    std::size_t count = 0;
    while (count < text.size() && is_digit(text[count]))
    {
        ++count;
    }
    return count;
}

bool is_number(std::string_view text)
{
    if (text.starts_with('-'))
    {
        text.remove_prefix(1);
    }
    const std::size_t whole = count_digits(text);
    if (whole == 0 || (whole > 1 && text.front() == '0'))
    {
        return false;
    }
    text.remove_prefix(whole);
    if (text.starts_with('.'))
    {
        const std::size_t fraction = count_digits(text.substr(1));
        if (fraction == 0)
        {
            return false;
        }
        text.remove_prefix(1 + fraction);
    }
    if (text.starts_with('e') || text.starts_with('E'))
    {
        text.remove_prefix(1);
        if (text.starts_with('+') || text.starts_with('-'))
        {
            text.remove_prefix(1);
        }
        const std::size_t exponent = count_digits(text);
        return exponent > 0 && exponent == text.size();
    }
    return text.empty();
}

bool ends_literal(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ',' || c == ']' || c == '}' || c == ':' ||
           c == '"' || c == '{' || c == '[';
}

void append_utf8(std::string& text, unsigned character)
{
    const auto append = [&](unsigned byte)
    {
        text += static_cast<char>(static_cast<unsigned char>(byte));
    };
    const auto tail = [&](unsigned shift)
    {
        append(0x80u | ((character >> shift) & 0x3Fu));
    };
    if (character < 0x80)
    {
        append(character);
    }
    else if (character < 0x800)
    {
        append(0xC0u | (character >> 6u));
        tail(0);
    }
    else if (character < 0x10000)
    {
        append(0xE0u | (character >> 12u));
        tail(6);
        tail(0);
    }
    else
    {
        append(0xF0u | (character >> 18u));
        tail(12);
        tail(6);
        tail(0);
    }
}

// The four digits of \uXXXX.
std::optional<unsigned> unit_at(std::string_view text)
{
    constexpr std::string_view digits = "0123456789abcdef";
    if (!text.starts_with("\\u") || text.size() < 2 + unit_digits)
    {
        return std::nullopt;
    }
    unsigned result = 0;
    for (const char c : text.substr(2, unit_digits))
    {
        const std::size_t digit = digits.find(c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c);
        if (digit == std::string_view::npos)
        {
            return std::nullopt;
        }
        result = result * 16 + static_cast<unsigned>(digit);
    }
    return result;
}

bool is_low_surrogate(unsigned unit)
{
    return (unit & 0xFC00u) == 0xDC00u;
}

// What \uXXXX, or a pair of them, stands for, and its length; 0 when it is malformed.
std::size_t decode_unit(std::string_view text, std::string& result)
{
    const std::optional<unsigned> first = unit_at(text);
    if (!first || *first == 0 || is_low_surrogate(*first))
    {
        return 0;
    }
    if ((*first & 0xFC00u) != 0xD800u)
    {
        append_utf8(result, *first);
        return 2 + unit_digits;
    }
    const std::optional<unsigned> second = unit_at(text.substr(2 + unit_digits));
    if (!second || !is_low_surrogate(*second))
    {
        return 0;
    }
    append_utf8(result, 0x10000u + ((*first & 0x3FFu) << 10u) + (*second & 0x3FFu));
    return 2 * (2 + unit_digits);
}

// The same for any escape.
std::size_t decode_escape(std::string_view text, std::string& result)
{
    constexpr std::string_view letters = "\"\\/bfnrt";
    constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
    const std::size_t known = text.size() > 1 ? letters.find(text[1]) : std::string_view::npos;
    if (known == std::string_view::npos)
    {
        return decode_unit(text, result);
    }
    result += meanings[known];
    return 2;
}

} // namespace

std::optional<std::string> take_json_string(TextCursor& cursor, Problems& problems)
{
    const auto is_special = [](char c)
    {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
    };
    std::string result;
    cursor.skip(1);
    for (;;)
    {
        result += cursor.take_until(is_special);
        if (cursor.take("\""))
        {
            return result;
        }
        if (cursor.at_end() || cursor.front() == '\n' || cursor.front() == '\r')
        {
            syntax_error(cursor, "a string is not closed; expected a quote before the end of the line",
                         problems);
            return std::nullopt;
        }
        if (cursor.front() != '\\')
        {
            syntax_error(cursor, "found a control character in a string; write it as an escape such as \\t",
                         problems);
            return std::nullopt;
        }
        const std::size_t length = decode_escape(cursor.rest(), result);
        if (length == 0)
        {
            syntax_error(
                cursor,
                "unknown escape; expected one of \\\" \\\\ \\/ \\b \\f \\n \\r \\t, or \\uXXXX other than "
                "\\u0000 and half a surrogate pair",
                problems);
            return std::nullopt;
        }
        cursor.skip(length);
    }
}

std::optional<std::string> take_json_literal(TextCursor& cursor, Problems& problems)
{
    TextCursor ahead = cursor;
    const std::string_view word = ahead.take_until(ends_literal);
    if (word == "true" || word == "false" || word == "null" || is_number(word))
    {
        cursor = ahead;
        return std::string(word);
    }
    const std::string found = word.empty() ? describe_next(cursor) : quote(word);
    syntax_error(cursor,
                 fmt::format("found {}, expected a value; any text but a number, true and false goes between "
                             "quotes",
                             found),
                 problems);
    return std::nullopt;
}

} // namespace spaceframe::manifest
