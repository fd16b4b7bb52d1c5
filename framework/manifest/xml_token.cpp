#include "xml_token.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace spaceframe::manifest
{
namespace
{

constexpr std::array<std::string_view, 5> named_characters{"&amp;", "&lt;", "&gt;", "&quot;", "&apos;"};
constexpr std::size_t longest_reference = 12;
constexpr unsigned last_character = 0x10FFFF;

bool starts_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

bool is_in_name(char c)
{
    return starts_name(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

bool is_character(unsigned code)
{
    const bool is_blank = code == '\t' || code == '\n' || code == '\r';
    const bool is_surrogate = code >= 0xD800 && code <= 0xDFFF;
    return (code >= 0x20 || is_blank) && code != 0x7F && !is_surrogate && code != 0xFFFE && code != 0xFFFF &&
           code <= last_character;
}

// Of `&#10;` or `&#xA;`.
bool is_numeric_reference(std::string_view text)
{
    const bool is_hexadecimal = text.starts_with("&#x");
    const unsigned base = is_hexadecimal ? 16 : 10;
    text.remove_prefix(is_hexadecimal ? 3 : 2);
    text.remove_suffix(1);
    unsigned code = 0;
    for (const char c : text)
    {
        constexpr std::string_view digits = "0123456789abcdef0123456789ABCDEF";
        const std::size_t digit = digits.find(c);
        if (digit == std::string_view::npos || digit % 16 >= base || code > last_character)
        {
            return false;
        }
        code = code * base + static_cast<unsigned>(digit % 16);
    }
    return !text.empty() && is_character(code);
}

bool take_reference(TextCursor& cursor, Problems& problems)
{
    const std::size_t end = cursor.rest().substr(0, longest_reference).find(';');
    const std::string_view reference =
        end == std::string_view::npos ? std::string_view() : cursor.rest().substr(0, end + 1);
    const bool is_known = std::ranges::find(named_characters, reference) != named_characters.end() ||
                          (reference.starts_with("&#") && is_numeric_reference(reference));
    if (!is_known)
    {
        syntax_error(cursor,
                     fmt::format("found {}, expected one of &amp; &lt; &gt; &quot; &apos; or the number of a "
                                 "character such as &#10;",
                                 reference.empty() ? "\"&\"" : quote(reference)),
                     problems);
        return false;
    }
    cursor.skip(reference.size());
    return true;
}

bool is_blank_byte(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool refuse_control_character(const TextCursor& cursor, Problems& problems)
{
    syntax_error(cursor, "found a control character, expected text without them", problems);
    return false;
}

bool is_forbidden(char c)
{
    return static_cast<unsigned char>(c) < 0x20 && !is_blank_byte(c);
}

std::string lower(std::string_view text)
{
    std::string result(text);
    std::ranges::transform(result, result.begin(),
                           [](char c)
                           {
                               return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
                           });
    return result;
}

bool check_declared(const TextCursor& cursor, std::string_view name, std::string_view value,
                    Problems& problems)
{
    if (name == "version" ? value == "1.0"
                          : name == "standalone" || (name == "encoding" && lower(value) == "utf-8"))
    {
        return true;
    }
    syntax_error(cursor,
                 fmt::format("found {} {} in the XML declaration, expected version 1.0 and encoding UTF-8",
                             name, quote(value)),
                 problems);
    return false;
}

} // namespace

std::optional<std::string_view> take_xml_name(TextCursor& cursor, std::string_view what, Problems& problems)
{
    if (!starts_name(cursor.front()))
    {
        syntax_error(cursor, fmt::format("found {}, expected {}", describe_next(cursor), what), problems);
        return std::nullopt;
    }
    return cursor.take_until(
        [](char c)
        {
            return !is_in_name(c);
        });
}

std::optional<std::string_view> take_xml_value(TextCursor& cursor, Problems& problems)
{
    cursor.skip_blanks();
    if (!cursor.take("="))
    {
        syntax_error(cursor,
                     fmt::format("found {}, expected \"=\" and a value in quotes after the name of an "
                                 "attribute",
                                 describe_next(cursor)),
                     problems);
        return std::nullopt;
    }
    cursor.skip_blanks();
    const char quotation = cursor.front();
    if (quotation != '"' && quotation != '\'')
    {
        syntax_error(cursor, fmt::format("found {}, expected a value in quotes", describe_next(cursor)),
                     problems);
        return std::nullopt;
    }
    cursor.skip(1);
    const std::string_view start = cursor.rest();
    while (cursor.front() != quotation || cursor.at_end())
    {
        if (cursor.at_end() || cursor.front() == '\n' || cursor.front() == '\r')
        {
            syntax_error(cursor, "a value is not closed; expected a quote before the end of the line",
                         problems);
            return std::nullopt;
        }
        if (cursor.front() == '<')
        {
            syntax_error(cursor, "found \"<\" in the value of an attribute, expected &lt;", problems);
            return std::nullopt;
        }
        if (is_forbidden(cursor.front()) && !refuse_control_character(cursor, problems))
        {
            return std::nullopt;
        }
        if (cursor.front() != '&')
        {
            cursor.skip(1);
        }
        else if (!take_reference(cursor, problems))
        {
            return std::nullopt;
        }
    }
    const std::string_view value = start.substr(0, start.size() - cursor.rest().size());
    cursor.skip(1);
    return value;
}

bool take_xml_text(TextCursor& cursor, bool& is_blank, Problems& problems)
{
    is_blank = true;
    while (!cursor.at_end() && cursor.front() != '<')
    {
        if (cursor.skip_blanks())
        {
            continue;
        }
        if (is_forbidden(cursor.front()))
        {
            return refuse_control_character(cursor, problems);
        }
        is_blank = false;
        if (cursor.front() != '&')
        {
            cursor.skip(1);
        }
        else if (!take_reference(cursor, problems))
        {
            return false;
        }
    }
    return true;
}

bool take_xml_comment(TextCursor& cursor, Problems& problems)
{
    constexpr std::string_view opening = "<!--";
    const std::size_t dashes = cursor.rest().find("--", opening.size());
    if (dashes == std::string_view::npos)
    {
        syntax_error(cursor, "a comment is never closed; expected \"-->\"", problems);
        return false;
    }
    cursor.skip(dashes);
    if (cursor.take("-->"))
    {
        return true;
    }
    syntax_error(cursor, "found \"--\" in a comment, expected it at the end only", problems);
    return false;
}

bool take_xml_declaration(TextCursor& cursor, Problems& problems)
{
    if (!cursor.rest().starts_with("<?xml") || is_in_name(cursor.rest().substr(0, 6).back()))
    {
        return true;
    }
    cursor.skip(5);
    for (;;)
    {
        cursor.skip_blanks();
        if (cursor.take("?>"))
        {
            return true;
        }
        const TextCursor start = cursor;
        const auto name = take_xml_name(cursor, "version, encoding or \"?>\"", problems);
        const auto value = name ? take_xml_value(cursor, problems) : std::nullopt;
        if (!value || !check_declared(start, *name, *value, problems))
        {
            return false;
        }
    }
}

} // namespace spaceframe::manifest
