#include "role.hpp"

namespace spaceframe::plugin_host
{

const char* role_name(std::uint32_t kind)
{
    switch (kind)
    {
    case SF_ROLE_TRANSPORT:
        return "transport";
    case SF_ROLE_PROTOCOL:
        return "protocol";
    case SF_ROLE_BACKPRESSURE:
        return "backpressure";
    case SF_ROLE_RECONNECT:
        return "reconnect";
    default:
        return "unknown";
    }
}

} // namespace spaceframe::plugin_host
