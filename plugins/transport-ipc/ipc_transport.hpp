#pragma once

#include "ipc_options.hpp"

#include <spaceframe/plugin/posix/socket_transport.hpp>

#include <chrono>
#include <span>

namespace spaceframe::ipc
{

// What local sockets have of their own: the options of one endpoint, and the peer's credentials.
class IpcSockets final : public plugin::posix::SocketKind
{
public:
    explicit IpcSockets(const plugin::Options& options) : options_(options)
    {}

    static void check_address(const char* address, bool listening);
    plugin::posix::Listening listen(const char* address) const;
    plugin::posix::DialTarget target(const char* address) const;

    std::chrono::nanoseconds connect_timeout() const noexcept
    {
        return options_.connect_timeout;
    }

    // Local sockets, with names or without.
    static std::span<const int> families() noexcept;

    void prepare(int fd) const override;
    void configure(int fd) const override;

    // "peer" of an accepted connection, whose other end has no name, is "pid:" and the process's number.
    // "local" is missing where we dialled. "uid", "gid" and "pid" are those of the process that connected or
    // listened (unix(7)).
    plugin::posix::Properties properties(int fd, const sf_address& peer) const override;

private:
    IpcOptions options_;
};

// The role "ipc". Addresses: ipc_address.hpp.
using IpcTransport = plugin::posix::SocketTransport<IpcSockets>;

} // namespace spaceframe::ipc
