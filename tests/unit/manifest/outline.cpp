#include "outline.hpp"

#include <framework/manifest/reader.hpp>
#include <framework/manifest/source.hpp>

namespace outline
{
namespace
{

std::string outline_of(const spaceframe::manifest::Node& parent)
{
    std::string result;
    for (const auto& node : parent.children)
    {
        result += result.empty() ? "" : " ";
        result += node.key + (node.has_value ? "=" + node.value : "") + "@" + std::to_string(node.line);
        result += node.has_block ? "(" + outline_of(node) + ")" : "";
    }
    return result;
}

} // namespace

std::string read(std::string text, spaceframe::ManifestForm form, const char* file)
{
    spaceframe::manifest::Problems problems(file);
    std::string result;
    if (spaceframe::manifest::check_source(text, problems))
    {
        if (const auto document = spaceframe::manifest::read_document(text, form, problems))
        {
            result = outline_of(document->root);
        }
    }
    for (const std::string& error : problems.errors())
    {
        result += (result.empty() || result.ends_with('\n') ? "" : "\n") + error + "\n";
    }
    return result;
}

} // namespace outline
