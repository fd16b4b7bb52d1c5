#include "text_cursor.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace spaceframe::manifest
{
namespace
{

constexpr std::string_view blanks = " \t\r\n";

bool continues_character(char c)
{
    return (static_cast<unsigned char>(c) & 0xC0u) == 0x80u;
}

bool is_word(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           static_cast<unsigned char>(c) >= 0x80;
}

} // namespace

TextCursor::TextCursor(std::string_view text) : text_(text)
{}

bool TextCursor::at_end() const
{
    return position_ == text_.size();
}

char TextCursor::front() const
{
    return at_end() ? '\0' : text_[position_];
}

std::string_view TextCursor::rest() const
{
    return text_.substr(position_);
}

void TextCursor::skip(std::size_t bytes)
{
    const std::size_t end = position_ + std::min(bytes, text_.size() - position_);
    for (; position_ < end; ++position_)
    {
        if (text_[position_] == '\n')
        {
            ++line_;
            line_start_ = position_ + 1;
        }
    }
}

bool TextCursor::skip_blanks()
{
    return !take_until(
                [](char c)
                {
                    return blanks.find(c) == std::string_view::npos;
                })
                .empty();
}

bool TextCursor::take(std::string_view expected)
{
    if (!rest().starts_with(expected))
    {
        return false;
    }
    skip(expected.size());
    return true;
}

int TextCursor::line() const
{
    return line_;
}

int TextCursor::column() const
{
    const std::string_view before = text_.substr(line_start_, position_ - line_start_);
    return 1 + static_cast<int>(before.size() -
                                static_cast<std::size_t>(std::ranges::count_if(before, continues_character)));
}

std::string describe_next(const TextCursor& cursor)
{
    const std::string_view rest = cursor.rest();
    if (rest.empty())
    {
        return "the end of the file";
    }
    if (blanks.find(rest.front()) != std::string_view::npos)
    {
        return rest.front() == '\n' || rest.front() == '\r' ? "the end of the line" : "a blank";
    }
    const auto end = static_cast<std::size_t>(std::ranges::find_if_not(rest, is_word) - rest.begin());
    return quote(rest.substr(0, std::max<std::size_t>(end, 1)));
}

void syntax_error(const TextCursor& cursor, std::string_view text, Problems& problems)
{
    problems.error(cursor.line(), "syntax", fmt::format("column {}: {}", cursor.column(), text));
}

} // namespace spaceframe::manifest
