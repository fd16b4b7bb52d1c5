#include "sockets.hpp"

#include "form.hpp"
#include "socket_checker.hpp"

namespace spaceframe::manifest
{

void check_sockets(const Context& context, const Node& section)
{
    const Siblings siblings(section);
    for (const Node& node : section.children)
    {
        const std::string path = path_of("sockets", node.key);
        if (is_name(node, path, context.problems) && siblings.is_unique(node, path, context.problems))
        {
            context.description.sockets.push_back(SocketChecker(context, node, path).check());
        }
    }
}

} // namespace spaceframe::manifest
