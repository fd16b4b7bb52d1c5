#pragma once

#include "tcp_options.hpp"

#include <spaceframe/plugin/posix/socket_transport.hpp>

#include <chrono>
#include <span>

namespace spaceframe::tcp
{

// What TCP's sockets have of their own: the options of one endpoint.
class TcpSockets final : public plugin::posix::SocketKind
{
public:
    explicit TcpSockets(const plugin::Options& options) : options_(options)
    {}

    static void check_address(const char* address, bool listening);
    plugin::posix::Listening listen(const char* address) const;
    plugin::posix::DialTarget target(const char* address) const;

    std::chrono::nanoseconds connect_timeout() const noexcept
    {
        return options_.connect_timeout;
    }

    // TCP over IPv4 and over IPv6.
    static std::span<const int> families() noexcept;

    void prepare(int fd) const override;
    void configure(int fd) const override;
    plugin::posix::Properties properties(int fd, const sf_address& peer) const override;

private:
    TcpOptions options_;
};

// The role "tcp". Addresses: tcp_address.hpp.
using TcpTransport = plugin::posix::SocketTransport<TcpSockets>;

} // namespace spaceframe::tcp
