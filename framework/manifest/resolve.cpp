#include "resolve.hpp"

#include "endpoint.hpp"
#include "roles.hpp"

#include <stdexcept>
#include <string>

namespace spaceframe::manifest
{

Endpoint make_endpoint(const SocketDescription& socket, const plugin_host::Registry& registry, bool bind,
                       std::string_view uri)
{
    std::string problem;
    const auto parsed = parse_uri(uri, problem);
    const plugin_host::Role* transport = parsed ? find_transport(registry, parsed->scheme, problem) : nullptr;
    if (transport == nullptr || !check_address(*transport, *parsed, bind, problem))
    {
        throw std::invalid_argument((bind ? "bind: " : "connect: ") + problem);
    }
    Endpoint endpoint;
    endpoint.bind = bind;
    endpoint.uri = uri;
    endpoint.scheme = parsed->scheme;
    endpoint.address = parsed->address;
    endpoint.transport = use_role(*transport, socket.given, {});
    endpoint.protocol = socket.protocol;
    if (!bind)
    {
        endpoint.reconnect = socket.reconnect;
    }
    endpoint.settings = socket.settings;
    endpoint.position = "code";
    return endpoint;
}

} // namespace spaceframe::manifest
