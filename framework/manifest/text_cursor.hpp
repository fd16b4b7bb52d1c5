#pragma once

#include "problems.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace spaceframe::manifest
{

/// A place in a text of UTF-8 that moves forward only, with its line and column. Lines end with `\n`.
class TextCursor
{
public:
    /// The text has to outlive the cursor.
    explicit TextCursor(std::string_view text);

    bool at_end() const;
    /// The next byte; 0 at the end.
    char front() const;
    std::string_view rest() const;

    /// At most as far as the end.
    void skip(std::size_t bytes);
    /// Space, tab, line feed, carriage return: the blanks of JSON and XML alike. True when there were any.
    bool skip_blanks();
    /// Skips `expected` if it comes next; false otherwise.
    bool take(std::string_view expected);
    /// The bytes up to the first that `is_other` is true for, which are skipped.
    template <class Predicate>
    std::string_view take_until(Predicate is_other)
    {
        std::size_t count = 0;
        while (count < rest().size() && !is_other(rest()[count]))
        {
            ++count;
        }
        const std::string_view result = rest().substr(0, count);
        skip(count);
        return result;
    }

    /// Both are counted from 1, columns in characters.
    int line() const;
    int column() const;

private:
    std::string_view text_;
    std::size_t position_ = 0;
    std::size_t line_start_ = 0;
    int line_ = 1;
};

/// What comes next, as a message names it: a word, a character, or the end.
std::string describe_next(const TextCursor& cursor);

/// Reports an error of syntax where the cursor stands.
void syntax_error(const TextCursor& cursor, std::string_view text, Problems& problems);

} // namespace spaceframe::manifest
