#pragma once

#include "ipc_options.hpp"

#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/posix/socket_dial.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>
#include <spaceframe/plugin/posix/socket_listener.hpp>
#include <spaceframe/plugin/posix/socket_stream.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <memory>

namespace spaceframe::ipc
{

// What local sockets have of their own: the options of one endpoint, and the peer's credentials.
class IpcSockets final : public plugin::posix::SocketKind
{
public:
    explicit IpcSockets(const plugin::Options& options) : options_(options)
    {}

    const IpcOptions& options() const noexcept
    {
        return options_;
    }

    void prepare(int fd) const override;
    void configure(int fd) const override;

    // "peer" of an accepted connection, whose other end has no name, is "pid:" and the process's number.
    // "local" is missing where we dialled. "uid", "gid" and "pid" are those of the process that connected or
    // listened (unix(7)).
    plugin::posix::Properties properties(int fd, const sf_address& peer) const override;

private:
    IpcOptions options_;
};

// The role "ipc". Addresses: ipc_address.hpp. Each function as abi.h has it under the same name.
class IpcTransport
{
public:
    using Listener = plugin::posix::SocketListener;
    using Dial = plugin::posix::SocketDial;
    using Stream = plugin::posix::SocketStream;

    IpcTransport(plugin::Host host, const plugin::Options& options)
        : host_(host)
        , sockets_(std::make_shared<const IpcSockets>(options))
    {}

    static plugin::Status check_address(plugin::Host host, const char* address, bool listening);

    plugin::Status listen(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> accepted,
                          Listener*& listener);
    plugin::Status dial(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> dialed,
                        Dial*& dial);

private:
    plugin::Host host_;
    std::shared_ptr<const IpcSockets> sockets_;
};

} // namespace spaceframe::ipc
