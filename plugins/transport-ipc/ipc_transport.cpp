#include "ipc_transport.hpp"

#include "ipc_address.hpp"
#include "ipc_bind.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>

#include <array>
#include <memory>
#include <string>
#include <utility>

#include <errno.h>
#include <sys/socket.h>

namespace spaceframe::ipc
{

namespace
{

void set_buffer(int fd, int option, int bytes, const char* name)
{
    if (bytes != 0 && ::setsockopt(fd, SOL_SOCKET, option, &bytes, sizeof bytes) != 0)
    {
        throw plugin::posix::failure(
            "the option " + std::string(name) + " cannot be set to " + std::to_string(bytes), errno);
    }
}

} // namespace

std::span<const int> IpcSockets::families() noexcept
{
    static constexpr std::array<int, 1> local{AF_UNIX};
    return local;
}

void IpcSockets::prepare(int) const
{}

// Local sockets inherit no sizes from the listener, so accepted ones are set here too.
void IpcSockets::configure(int fd) const
{
    set_buffer(fd, SO_SNDBUF, options_.send_buffer, "sndbuf");
    set_buffer(fd, SO_RCVBUF, options_.receive_buffer, "rcvbuf");
}

plugin::posix::Properties IpcSockets::properties(int fd, const sf_address& peer) const
{
    plugin::posix::Properties properties;
    std::string peer_text = plugin::posix::text_of(peer);
    ucred credentials{};
    socklen_t length = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0)
    {
        properties.emplace_back("uid", std::to_string(credentials.uid));
        properties.emplace_back("gid", std::to_string(credentials.gid));
        properties.emplace_back("pid", std::to_string(credentials.pid));
        if (peer_text.empty())
        {
            peer_text = "pid:" + std::to_string(credentials.pid);
        }
    }
    properties.emplace_back("peer", std::move(peer_text));
    std::string local = plugin::posix::text_of(plugin::posix::local_address(fd));
    if (!local.empty())
    {
        properties.emplace_back("local", std::move(local));
    }
    return properties;
}

void IpcSockets::check_address(const char* address, bool listening)
{
    check_path(address, listening);
}

plugin::posix::Listening IpcSockets::listen(const char* address) const
{
    check_path(address, true);
    auto file = std::make_shared<SocketFile>();
    std::string path = address;
    if (path == "*")
    {
        path = file->make_private_path();
    }
    plugin::posix::Descriptor socket = listening_socket(path, options_.backlog, *this, *file);
    return {std::move(socket), std::move(path), std::move(file)};
}

plugin::posix::DialTarget IpcSockets::target(const char* address) const
{
    check_path(address, false);
    return {{socket_address(address)}};
}

} // namespace spaceframe::ipc
