#pragma once

#include "tcp_options.hpp"

#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/posix/socket_dial.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>
#include <spaceframe/plugin/posix/socket_listener.hpp>
#include <spaceframe/plugin/posix/socket_stream.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <memory>

namespace spaceframe::tcp
{

// What TCP's sockets have of their own: the options of one endpoint.
class TcpSockets final : public plugin::posix::SocketKind
{
public:
    explicit TcpSockets(const plugin::Options& options) : options_(options)
    {}

    const TcpOptions& options() const noexcept
    {
        return options_;
    }

    void prepare(int fd) const override;
    void configure(int fd) const override;
    plugin::posix::Properties properties(int fd, const sf_address& peer) const override;

private:
    TcpOptions options_;
};

// The role "tcp". Addresses: tcp_address.hpp. Each function as abi.h has it under the same name.
class TcpTransport
{
public:
    using Listener = plugin::posix::SocketListener;
    using Dial = plugin::posix::SocketDial;
    using Stream = plugin::posix::SocketStream;

    TcpTransport(plugin::Host host, const plugin::Options& options)
        : host_(host)
        , sockets_(std::make_shared<const TcpSockets>(options))
    {}

    static plugin::Status check_address(plugin::Host host, const char* address, bool listening);

    plugin::Status listen(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> accepted,
                          Listener*& listener);
    plugin::Status dial(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> dialed,
                        Dial*& dial);

private:
    plugin::Host host_;
    std::shared_ptr<const TcpSockets> sockets_;
};

} // namespace spaceframe::tcp
