#include "json_scanner.hpp"

#include "document.hpp"
#include "json_token.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

class Scanner
{
public:
    Scanner(std::string_view text, Problems& problems) : cursor_(text), problems_(problems)
    {}

    std::vector<ScannedKey> scan()
    {
        cursor_.skip_blanks();
        if (!cursor_.take("{"))
        {
            fail("expected \"{\": the top of a manifest is an object");
        }
        levels_.emplace_back();
        while (!failed_ && !levels_.empty())
        {
            scan_item();
        }
        cursor_.skip_blanks();
        if (!failed_ && !cursor_.at_end())
        {
            fail("expected nothing after the manifest's last \"}\"");
        }
        return std::move(keys_);
    }

private:
    // An object or an array that is open.
    struct Level
    {
        bool is_array = false;
        bool has_items = false;
        std::string name;                              // of an array: what its elements are called
        std::map<std::string, int, std::less<>> lines; // of an object: where each name comes first
    };

    void fail(std::string_view expected)
    {
        report(fmt::format("found {}, {}", describe_next(cursor_), expected));
    }

    void report(std::string_view text)
    {
        syntax_error(cursor_, text, problems_);
        failed_ = true;
    }

    void scan_item()
    {
        Level& level = levels_.back();
        const std::string_view closing = level.is_array ? "]" : "}";
        cursor_.skip_blanks();
        if (cursor_.take(closing))
        {
            depth_ -= level.is_array ? 0 : 1;
            levels_.pop_back();
            return;
        }
        if (level.has_items && !cursor_.take(","))
        {
            fail(level.is_array ? "expected \",\" or \"]\"" : "expected \",\" or \"}\"");
            return;
        }
        cursor_.skip_blanks();
        level.has_items = true;
        level.is_array ? scan_value(level.name, cursor_.line()) : scan_member(level);
    }

    void scan_member(Level& level)
    {
        const int line = cursor_.line();
        if (cursor_.front() != '"')
        {
            fail("expected a key in quotes");
            return;
        }
        if (cursor_.rest().starts_with("\"\""))
        {
            report("found an empty key, expected a name");
            return;
        }
        const std::optional<std::string> name = take_json_string(cursor_, problems_);
        failed_ = !name;
        cursor_.skip_blanks();
        if (failed_)
        {
            return;
        }
        if (!cursor_.take(":"))
        {
            fail("expected \":\" after a key");
            return;
        }
        if (const auto [first, is_new] = level.lines.try_emplace(*name, line); !is_new)
        {
            problem_ = fmt::format("given twice, expected once; line {} gave it first; what may be repeated "
                                   "is an array in JSON",
                                   first->second);
        }
        cursor_.skip_blanks();
        cursor_.front() == '[' ? open_array(*name, line) : scan_value(*name, line);
    }

    void open_array(const std::string& name, int line)
    {
        cursor_.skip(1);
        cursor_.skip_blanks();
        if (cursor_.front() == ']')
        {
            add(name, line, "found an empty array, expected at least one value; leave the key out instead");
            keys_.back().has_value = true;
        }
        levels_.push_back({true, false, name, {}});
    }

    // The value of a member or an element.
    void scan_value(const std::string& name, int line)
    {
        if (cursor_.front() == '{')
        {
            open_object(name, line);
            return;
        }
        if (cursor_.front() == '[')
        {
            report("found an array in an array, expected a value or an object");
            return;
        }
        const bool in_quotes = cursor_.front() == '"';
        const auto value =
            in_quotes ? take_json_string(cursor_, problems_) : take_json_literal(cursor_, problems_);
        failed_ = !value;
        const bool is_null = !failed_ && !in_quotes && *value == "null";
        add(name, line, is_null ? "found null, expected a value; leave the key out for its default" : "");
        keys_.back().has_value = true;
    }

    void open_object(const std::string& name, int line)
    {
        add(name, line, "");
        keys_.back().has_block = true;
        if (keys_.back().depth >= deepest_nesting)
        {
            report(fmt::format("blocks are nested more than {} deep", deepest_nesting));
            return;
        }
        cursor_.skip(1);
        levels_.emplace_back();
        ++depth_;
    }

    void add(const std::string& name, int line, std::string_view problem)
    {
        ScannedKey key;
        key.key = name;
        key.line = line;
        key.depth = depth_;
        key.problem = std::exchange(problem_, {});
        if (key.problem.empty())
        {
            key.problem = problem;
        }
        keys_.push_back(std::move(key));
    }

    TextCursor cursor_;
    Problems& problems_;
    std::vector<ScannedKey> keys_;
    std::vector<Level> levels_;
    std::string problem_; // of the next key
    int depth_ = 0;
    bool failed_ = false;
};

} // namespace

std::vector<ScannedKey> scan_json(std::string_view text, Problems& problems)
{
    return Scanner(text, problems).scan();
}

} // namespace spaceframe::manifest
