#include "problems.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

std::vector<std::string> by_line(auto entries)
{
    std::ranges::stable_sort(entries, {}, &decltype(entries)::value_type::line);
    std::vector<std::string> result;
    for (auto& entry : entries)
    {
        result.push_back(std::move(entry.message));
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
    std::string result = line == 0 ? file_ : fmt::format("{}:{}", file_, line);
    return path.empty() ? result : fmt::format("{}: {}", result, path);
}

void Problems::add(std::vector<Entry>& entries, int line, std::string_view path, std::string_view text) const
{
    Entry entry{line, fmt::format("{}: {}", position(line, path), text)};
    if (std::ranges::find(entries, entry) == entries.end())
    {
        entries.push_back(std::move(entry));
    }
}

std::string quote(std::string_view text)
{
    constexpr std::size_t longest = 80;
    std::string result = "\"";
    for (std::size_t i = 0; i < text.size(); ++i)
    {
        const auto byte = static_cast<unsigned char>(text[i]);
        const bool continues = (byte & 0xC0u) == 0x80u;
        if (i >= longest && !continues)
        {
            return result + "…\"";
        }
        if (byte < 0x20 || byte == 0x7F)
        {
            result += fmt::format("\\x{:02x}", byte);
        }
        else
        {
            result += text[i];
        }
    }
    return result + '"';
}

std::string join(const std::vector<std::string>& words)
{
    return fmt::format("{}", fmt::join(words, ", "));
}

} // namespace spaceframe::manifest
