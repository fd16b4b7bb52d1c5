#include "xml_scanner.hpp"

#include "document.hpp"
#include "xml_token.hpp"

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
        accept(take_xml_declaration(cursor_, problems_));
        while (!failed_ && !cursor_.at_end())
        {
            scan_item();
        }
        if (!failed_ && !open_.empty())
        {
            problems_.error(open_.back().line, "syntax",
                            fmt::format("the element {} is never closed; expected \"</{}>\"",
                                        quote(open_.back().name), open_.back().name));
        }
        else if (!failed_ && !has_root_)
        {
            fail(fmt::format("expected the element <{}>", xml_root));
        }
        return std::move(keys_);
    }

private:
    struct Element
    {
        std::string_view name;
        int line = 0;
        std::size_t key = 0; // its index; meaningless for the root
    };

    void accept(bool is_right)
    {
        failed_ = failed_ || !is_right;
    }

    void report(std::string_view text)
    {
        syntax_error(cursor_, text, problems_);
        failed_ = true;
    }

    void fail(std::string_view expected)
    {
        report(fmt::format("found {}, {}", describe_next(cursor_), expected));
    }

    void scan_item()
    {
        const std::string_view rest = cursor_.rest();
        if (rest.starts_with("<!--"))
        {
            accept(take_xml_comment(cursor_, problems_));
        }
        else if (rest.starts_with("<![CDATA["))
        {
            report("found CDATA, expected text with &lt; and &amp; in it");
        }
        else if (rest.starts_with("<!"))
        {
            report("found \"<!\": document types and entities are not allowed");
        }
        else if (rest.starts_with("<?"))
        {
            report("found \"<?\": processing instructions are not allowed, and the XML declaration only "
                   "at the very beginning");
        }
        else if (rest.starts_with("</"))
        {
            close_element();
        }
        else if (rest.starts_with('<'))
        {
            open_element();
        }
        else
        {
            scan_text();
        }
    }

    void scan_text()
    {
        cursor_.skip_blanks();
        const TextCursor start = cursor_;
        bool is_blank = true;
        accept(take_xml_text(cursor_, is_blank, problems_));
        if (failed_ || is_blank)
        {
            return;
        }
        if (open_.size() > 1)
        {
            keys_[open_.back().key].has_value = true;
            return;
        }
        cursor_ = start;
        fail(open_.empty() ? fmt::format("expected nothing but the element <{}>", xml_root)
                           : "expected an element");
    }

    void open_element()
    {
        const TextCursor start = cursor_;
        cursor_.skip(1);
        const auto name = take_xml_name(cursor_, "the name of an element (write &lt; for \"<\")", problems_);
        if (!name)
        {
            failed_ = true;
            return;
        }
        if (open_.empty() && (has_root_ || *name != xml_root))
        {
            cursor_ = start;
            report(fmt::format("found the element {}, expected one element <{}> around all others",
                               quote(*name), xml_root));
            return;
        }
        if (!open_.empty() && !add_key(*name, start))
        {
            return;
        }
        has_root_ = true;
        open_.push_back({*name, start.line(), keys_.empty() ? 0 : keys_.size() - 1});
        scan_attributes();
    }

    // A key in the innermost element, which begins at `start`.
    bool add_key(std::string_view name, const TextCursor& start)
    {
        const std::size_t depth = open_.size() - 1;
        if (depth > static_cast<std::size_t>(deepest_nesting))
        {
            cursor_ = start;
            report(fmt::format("blocks are nested more than {} deep", deepest_nesting));
            return false;
        }
        if (depth > 0)
        {
            keys_[open_.back().key].has_block = true;
        }
        ScannedKey key;
        key.key = name;
        key.line = start.line();
        key.depth = static_cast<int>(depth);
        keys_.push_back(std::move(key));
        return true;
    }

    // The rest of a tag behind its name.
    void scan_attributes()
    {
        std::map<std::string_view, int> lines;
        while (!failed_)
        {
            const bool is_separate = cursor_.skip_blanks();
            if (cursor_.take("/>"))
            {
                leave();
                return;
            }
            if (cursor_.take(">"))
            {
                return;
            }
            if (!is_separate)
            {
                fail("expected a blank, \"/>\" or \">\"");
                return;
            }
            scan_attribute(lines);
        }
    }

    void scan_attribute(std::map<std::string_view, int>& lines)
    {
        const TextCursor start = cursor_;
        const auto name = take_xml_name(cursor_, "the name of an attribute, \"/>\" or \">\"", problems_);
        accept(name && take_xml_value(cursor_, problems_));
        if (failed_ || !add_key(*name, start))
        {
            return;
        }
        keys_.back().has_value = true;
        if (const auto [first, is_new] = lines.try_emplace(*name, start.line()); !is_new)
        {
            keys_.back().problem =
                fmt::format("given twice, expected once; line {} gave it first; what may be repeated is an "
                            "element in XML",
                            first->second);
        }
    }

    void close_element()
    {
        const TextCursor start = cursor_;
        cursor_.skip(2);
        const auto name = take_xml_name(cursor_, "the name of an element", problems_);
        accept(name.has_value());
        cursor_.skip_blanks();
        if (!failed_ && !cursor_.take(">"))
        {
            fail("expected \">\"");
        }
        if (failed_)
        {
            return;
        }
        if (open_.empty() || *name != open_.back().name)
        {
            cursor_ = start;
            report(open_.empty() ? fmt::format("found \"</{}>\" without an element to close", *name)
                                 : fmt::format("found \"</{}>\", expected \"</{}>\": line {} opened it",
                                               *name, open_.back().name, open_.back().line));
            return;
        }
        leave();
    }

    void leave()
    {
        if (open_.size() > 1)
        {
            ScannedKey& key = keys_[open_.back().key];
            key.is_empty = !key.has_value && !key.has_block;
            key.has_value = key.has_value || key.is_empty;
            key.has_block = key.has_block || key.is_empty;
        }
        open_.pop_back();
    }

    TextCursor cursor_;
    Problems& problems_;
    std::vector<ScannedKey> keys_;
    std::vector<Element> open_;
    bool has_root_ = false;
    bool failed_ = false;
};

} // namespace

std::vector<ScannedKey> scan_xml(std::string_view text, Problems& problems)
{
    return Scanner(text, problems).scan();
}

} // namespace spaceframe::manifest
