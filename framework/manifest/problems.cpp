#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

std::vector<std::string> by_line(auto entries)
{
    std::ranges::stable_sort(entries, {}, &decltype(entries)::value_type::line);
    std::unordered_set<std::string> seen;
    std::vector<std::string> result;
    for (auto& entry : entries)
    {
        if (seen.insert(entry.message).second)
        {
            result.push_back(std::move(entry.message));
        }
    }
    return result;
}

} // namespace

Problems::Problems(std::string file) : file_(std::move(file))
{}

void Problems::error(int line, std::string_view path, std::string_view text)
{
    add(errors_, line, path, text);
}

void Problems::warning(int line, std::string_view path, std::string_view text)
{
    add(warnings_, line, path, text);
}

void Problems::broken_plugin(std::string text)
{
    broken_.push_back(std::move(text));
}

bool Problems::failed() const
{
    return !errors_.empty() || !broken_.empty();
}

bool Problems::plugin_broken() const
{
    return !broken_.empty();
}

std::vector<std::string> Problems::errors() const
{
    std::vector<std::string> result = broken_;
    std::ranges::move(by_line(errors_), std::back_inserter(result));
    return result;
}

std::vector<std::string> Problems::warnings() const
{
    return by_line(warnings_);
}

std::string Problems::position(int line, std::string_view path) const
{
    std::string result = file_;
    if (line != 0)
    {
        result = file_.empty() ? fmt::format("line {}", line) : fmt::format("{}:{}", file_, line);
    }
    return fmt::format("{}{}{}", result, result.empty() || path.empty() ? "" : ": ", path);
}

void Problems::add(std::vector<Entry>& entries, int line, std::string_view path, std::string_view text) const
{
    const std::string where = position(line, path);
    entries.push_back({line, fmt::format("{}{}{}", where, where.empty() ? "" : ": ", text)});
}

std::string join(const std::vector<std::string>& words)
{
    return fmt::format("{}", fmt::join(words, ", "));
}

} // namespace spaceframe::manifest
