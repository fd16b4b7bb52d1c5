#include "info_scanner.hpp"

#include "document.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

constexpr std::string_view place = "syntax";

bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

class Scanner
{
public:
    explicit Scanner(Problems& problems) : problems_(problems)
    {}

    std::vector<ScannedKey> scan(std::string_view text)
    {
        while (!text.empty() && !too_deep_)
        {
            const std::size_t end = text.find('\n');
            ++line_;
            scan_line(text.substr(0, end));
            text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
        }
        if (state_ == State::continued)
        {
            error("the file ends after \"\\\"; expected another string in quotes");
        }
        for (const std::size_t index : open_)
        {
            problems_.error(
                keys_[index].line, place,
                fmt::format("the block of {} is never closed; expected \"}}\"", quote(keys_[index].key)));
        }
        return std::move(keys_);
    }

private:
    enum class State
    {
        key,
        value,
        continued
    };

    void error(std::string_view text)
    {
        problems_.error(line_, place, text);
    }

    void skip_blanks()
    {
        while (!rest_.empty() && is_blank(rest_.front()))
        {
            rest_.remove_prefix(1);
        }
    }

    bool at_end()
    {
        skip_blanks();
        return rest_.empty() || rest_.front() == ';';
    }

    void scan_line(std::string_view line)
    {
        rest_ = line;
        skip_blanks();
        if (rest_.starts_with('#'))
        {
            error(fmt::format(
                "found {}: directives such as #include are not allowed; a comment starts with \";\"",
                quote(rest_.substr(0, rest_.find_last_not_of(" \t\r") + 1))));
            return;
        }
        while (!at_end() && !too_deep_)
        {
            scan_item();
        }
        if (state_ == State::value)
        {
            state_ = State::key;
        }
    }

    void scan_item()
    {
        if (state_ == State::continued)
        {
            if (rest_.front() != '"')
            {
                error("expected another string in quotes after \"\\\" in the line before");
                state_ = State::key;
                return;
            }
            scan_string(true);
        }
        else if (rest_.front() == '{')
        {
            rest_.remove_prefix(1);
            open_block();
        }
        else if (rest_.front() == '}')
        {
            rest_.remove_prefix(1);
            close_block();
        }
        else if (state_ == State::key)
        {
            scan_key();
        }
        else
        {
            keys_.back().has_value = true;
            rest_.front() == '"' ? static_cast<void>(scan_string(true)) : static_cast<void>(scan_word());
            state_ = state_ == State::continued ? state_ : State::key;
        }
    }

    void scan_key()
    {
        ScannedKey key;
        key.line = line_;
        key.depth = static_cast<int>(open_.size());
        key.key = rest_.front() == '"' ? scan_string(false) : scan_word();
        keys_.push_back(std::move(key));
        has_last_ = true;
        state_ = State::value;
    }

    void open_block()
    {
        state_ = State::key;
        if (!has_last_)
        {
            error("found \"{\" without a key before it");
            return;
        }
        if (open_.size() >= static_cast<std::size_t>(deepest_nesting))
        {
            error(fmt::format("blocks are nested more than {} deep", deepest_nesting));
            too_deep_ = true;
            open_.clear();
            return;
        }
        keys_.back().has_block = true;
        open_.push_back(keys_.size() - 1);
        has_last_ = false;
    }

    void close_block()
    {
        state_ = State::key;
        if (open_.empty())
        {
            error("found \"}\" without a block to close");
            return;
        }
        open_.pop_back();
        has_last_ = false;
    }

    std::string scan_word()
    {
        const std::size_t end =
            static_cast<std::size_t>(std::ranges::find_if(rest_,
                                                          [](char c)
                                                          {
                                                              return is_blank(c) || c == ';';
                                                          }) -
                                     rest_.begin());
        const std::string_view word = rest_.substr(0, end);
        rest_.remove_prefix(end);
        if (std::ranges::count(word, '{') != std::ranges::count(word, '}'))
        {
            error(fmt::format("found {}; a brace needs a blank before it, or quotes around the word",
                              quote(word)));
        }
        if (rest_.starts_with(';'))
        {
            error(
                fmt::format("found {} right after {}; a comment needs a blank before it, a value with \";\" "
                            "quotes around it",
                            quote(rest_.substr(0, rest_.find_last_not_of(" \t\r") + 1)), quote(word)));
        }
        return unescape(word);
    }

    std::string scan_string(bool may_continue)
    {
        std::size_t end = 1;
        for (bool escaped = false; end < rest_.size() && (escaped || rest_[end] != '"'); ++end)
        {
            escaped = !escaped && rest_[end] == '\\';
        }
        state_ = State::key;
        if (end == rest_.size())
        {
            error("a string is not closed; expected a quote before the end of the line");
            rest_ = {};
            return {};
        }
        std::string result = unescape(rest_.substr(1, end - 1));
        rest_.remove_prefix(end + 1);
        skip_blanks();
        if (rest_.starts_with('\\'))
        {
            rest_.remove_prefix(1);
            if (!may_continue)
            {
                error("found \"\\\" after a key; only values can be continued");
            }
            else if (!at_end())
            {
                error("expected the end of the line after \"\\\"");
            }
            state_ = State::continued;
        }
        return result;
    }

    std::string unescape(std::string_view text)
    {
        constexpr std::string_view letters = "abfnrtv\"'\\";
        constexpr std::string_view meanings = "\a\b\f\n\r\t\v\"'\\";
        std::string result;
        for (std::size_t i = 0; i < text.size(); ++i)
        {
            if (text[i] != '\\')
            {
                result += text[i];
                continue;
            }
            ++i;
            const std::size_t known = i < text.size() ? letters.find(text[i]) : std::string_view::npos;
            if (known == std::string_view::npos)
            {
                error(fmt::format(
                    "unknown escape in {}; expected one of \\a \\b \\f \\n \\r \\t \\v \\\" \\' \\\\",
                    quote(text)));
                return result;
            }
            result += meanings[known];
        }
        return result;
    }

    Problems& problems_;
    std::vector<ScannedKey> keys_;
    std::vector<std::size_t> open_;
    std::string_view rest_;
    State state_ = State::key;
    int line_ = 0;
    bool has_last_ = false;
    bool too_deep_ = false;
};

} // namespace

std::vector<ScannedKey> scan_info(std::string_view text, Problems& problems)
{
    return Scanner(problems).scan(text);
}

} // namespace spaceframe::manifest
