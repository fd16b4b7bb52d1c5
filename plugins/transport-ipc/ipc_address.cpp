#include "ipc_address.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/status.hpp>

#include <cstddef>
#include <cstring>

#include <sys/socket.h>
#include <sys/un.h>

namespace spaceframe::ipc
{

namespace
{

[[noreturn]] void refuse(std::string_view text, const std::string& reason)
{
    throw plugin::Error(SF_INVALID, "'" + std::string(text) + "' is no address of a local socket: " + reason);
}

} // namespace

void check_path(std::string_view text, bool listening)
{
    static_assert(sizeof(sockaddr_un::sun_path) == longest_path + 1);
    if (text.empty())
    {
        refuse(text, "it is empty; write a path, or '@' and a name");
    }
    if (text == "@")
    {
        refuse(text, "an abstract name follows the '@'");
    }
    if (text == "*" && !listening)
    {
        refuse(text, "'*' is for listening; to connect, give the path that the listener took");
    }
    if (text.size() > longest_path)
    {
        refuse(text, "it has " + std::to_string(text.size()) + " bytes, and the system allows " +
                         std::to_string(longest_path) + "; choose a shorter path");
    }
}

sf_address socket_address(std::string_view path)
{
    sockaddr_un un{};
    un.sun_family = AF_UNIX;
    std::memcpy(un.sun_path, path.data(), path.size());
    const bool abstract = path.starts_with('@');
    if (abstract)
    {
        un.sun_path[0] = '\0';
    }
    return plugin::posix::make_address(&un,
                                       offsetof(sockaddr_un, sun_path) + path.size() + (abstract ? 0 : 1));
}

} // namespace spaceframe::ipc
