#include "form.hpp"

#include "nearest.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace spaceframe::manifest
{
namespace
{

constexpr std::size_t longest_list = 12;

bool has_both(const Node& node, const std::string& path, Problems& problems)
{
    if (node.has_value && node.has_block && !node.is_empty)
    {
        problems.error(
            node.line, path,
            fmt::format("found the value {} and a block; expected one of the two", quote(node.value)));
        return true;
    }
    return false;
}

} // namespace

bool is_value(const Node& node, const std::string& path, Problems& problems)
{
    if (node.unusable || has_both(node, path, problems))
    {
        return false;
    }
    if (!node.has_value)
    {
        problems.error(node.line, path,
                       node.has_block ? "found a block, expected a value" : "found no value, expected one");
        return false;
    }
    return true;
}

bool is_block(const Node& node, const std::string& path, Problems& problems)
{
    if (node.unusable || has_both(node, path, problems))
    {
        return false;
    }
    if (!node.has_block)
    {
        problems.error(node.line, path,
                       node.has_value ? fmt::format("found the value {}, expected a block", quote(node.value))
                                      : "found nothing, expected a block");
        return false;
    }
    return true;
}

Siblings::Siblings(const Node& parent)
{
    first_.reserve(parent.children.size());
    for (const Node& child : parent.children)
    {
        first_.emplace(child.key, &child);
    }
}

bool Siblings::is_unique(const Node& node, const std::string& path, Problems& problems) const
{
    const Node* first = first_.at(node.key);
    if (first == &node)
    {
        return true;
    }
    if (!node.unusable)
    {
        problems.error(node.line, path,
                       "given twice, expected once" + mention_line("; line {} gave it first", first->line));
    }
    return false;
}

bool is_name(const Node& node, const std::string& path, Problems& problems)
{
    const auto allowed = [](char c)
    {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
               c == '-' || static_cast<unsigned char>(c) >= 0x80;
    };
    if (!node.key.empty() && std::ranges::all_of(node.key, allowed))
    {
        return true;
    }
    problems.error(
        node.line, path,
        fmt::format("found the name {}, expected letters, digits, \"_\" and \"-\"", quote(node.key)));
    return false;
}

void report_unknown(const Node& node, const std::string& path, const std::vector<std::string>& known,
                    Problems& problems)
{
    std::string text = "unknown key" + did_you_mean(node.key, known);
    if (known.size() <= longest_list)
    {
        text += "; expected one of " + join(known);
    }
    problems.error(node.line, path, text);
}

std::string mention_line(const char* text, int line)
{
    return line == 0 ? std::string() : fmt::format(fmt::runtime(text), line);
}

std::string path_of(const std::string& parent, const std::string& key)
{
    return parent.empty() ? key : parent + "." + key;
}

} // namespace spaceframe::manifest
