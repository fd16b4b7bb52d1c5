#pragma once

#include "../plugin/quote.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// Collects what is wrong with one manifest, in any order. Not thread-safe.
class Problems
{
public:
    /// `file` is the name that messages begin with; empty for none.
    explicit Problems(std::string file);

    /// Something wrong at a line (counted from 1; 0: the file as a whole, or code) and a path of keys joined
    /// by dots. A second report of the same text at the same place is ignored.
    void error(int line, std::string_view path, std::string_view text);
    /// Something that works, but was hardly meant.
    void warning(int line, std::string_view path, std::string_view text);
    /// A plug-in file that cannot be used; `text` names it.
    void broken_plugin(std::string text);

    /// True when there is an error or a broken plug-in.
    bool failed() const;
    bool plugin_broken() const;

    /// Broken plug-ins first, then the errors by line: "FILE:LINE: path: text".
    std::vector<std::string> errors() const;
    std::vector<std::string> warnings() const;

    /// "FILE:LINE: path", as messages begin.
    std::string position(int line, std::string_view path) const;

private:
    struct Entry
    {
        int line;
        std::string message;
    };

    void add(std::vector<Entry>& entries, int line, std::string_view path, std::string_view text) const;

    std::string file_;
    std::vector<std::string> broken_;
    std::vector<Entry> errors_;
    std::vector<Entry> warnings_;
};

using plugin_host::quote;

/// "a, b, c".
std::string join(const std::vector<std::string>& words);

} // namespace spaceframe::manifest
