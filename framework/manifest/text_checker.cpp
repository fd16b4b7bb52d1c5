#include "text_checker.hpp"

#include "form.hpp"
#include "source.hpp"

#include <fmt/format.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::manifest
{
namespace
{

bool is_text(std::string_view what, std::string_view text, const std::string& path, Problems& problems)
{
    const std::size_t at = find_no_text(text);
    if (at == std::string_view::npos)
    {
        return true;
    }
    problems.error(0, path,
                   fmt::format("found a {} that is no text: byte 0x{:02x} after {}; expected UTF-8 without "
                               "control characters",
                               what, static_cast<unsigned char>(text[at]), quote(text.substr(0, at))));
    return false;
}

void check_children(Node& parent, const std::string& path, Problems& problems)
{
    std::erase_if(parent.children,
                  [&](const Node& node)
                  {
                      return !is_text("key", node.key, path, problems);
                  });
    for (Node& node : parent.children)
    {
        const std::string node_path = path_of(path, node.key);
        node.unusable = !is_text("value", node.value, node_path, problems);
        check_children(node, node_path, problems);
    }
}

} // namespace

void check_texts(Document& document, Problems& problems)
{
    check_children(document.root, "", problems);
}

} // namespace spaceframe::manifest
