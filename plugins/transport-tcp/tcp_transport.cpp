#include "tcp_transport.hpp"

#include "tcp_address.hpp"
#include "tcp_bind.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>

#include <array>
#include <cstdint>
#include <string>
#include <utility>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace spaceframe::tcp
{

namespace
{

void set(int fd, int level, int option, int value, const char* name)
{
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0)
    {
        throw plugin::posix::failure(
            "the option " + std::string(name) + " cannot be set to " + std::to_string(value), errno);
    }
}

void set_unless_zero(int fd, int level, int option, int value, const char* name)
{
    if (value != 0)
    {
        set(fd, level, option, value, name);
    }
}

} // namespace

std::span<const int> TcpSockets::families() noexcept
{
    static constexpr std::array<int, 2> both{AF_INET, AF_INET6};
    return both;
}

void TcpSockets::prepare(int fd) const
{
    set_unless_zero(fd, SOL_SOCKET, SO_SNDBUF, options_.send_buffer, "sndbuf");
    set_unless_zero(fd, SOL_SOCKET, SO_RCVBUF, options_.receive_buffer, "rcvbuf");
}

void TcpSockets::configure(int fd) const
{
    set(fd, IPPROTO_TCP, TCP_NODELAY, options_.nodelay ? 1 : 0, "tcp_nodelay");
    if (options_.keepalive == Keepalive::unchanged)
    {
        return;
    }
    const bool on = options_.keepalive == Keepalive::on;
    set(fd, SOL_SOCKET, SO_KEEPALIVE, on ? 1 : 0, "tcp_keepalive");
    if (on)
    {
        set_unless_zero(fd, IPPROTO_TCP, TCP_KEEPIDLE, options_.keepalive_idle, "tcp_keepalive_idle");
        set_unless_zero(fd, IPPROTO_TCP, TCP_KEEPCNT, options_.keepalive_count, "tcp_keepalive_cnt");
        set_unless_zero(fd, IPPROTO_TCP, TCP_KEEPINTVL, options_.keepalive_interval, "tcp_keepalive_intvl");
    }
}

plugin::posix::Properties TcpSockets::properties(int fd, const sf_address& peer) const
{
    return {{"peer", plugin::posix::text_of(peer)},
            {"local", plugin::posix::text_of(plugin::posix::local_address(fd))}};
}

void TcpSockets::check_address(const char* address, bool listening)
{
    parse_address(address, listening);
}

plugin::posix::Listening TcpSockets::listen(const char* address) const
{
    const TcpAddress parsed = parse_address(address, true);
    plugin::posix::Descriptor socket = listening_socket(address, parsed, options_, *this);
    std::string bound = plugin::posix::text_of(plugin::posix::local_address(socket.get()));
    return {std::move(socket), std::move(bound)};
}

plugin::posix::DialTarget TcpSockets::target(const char* address) const
{
    const TcpAddress parsed = parse_address(address, false);
    if (parsed.numeric)
    {
        return {{*parsed.numeric}};
    }
    const std::uint32_t flags = options_.ipv6 ? SF_RESOLVE_IPV6 : 0;
    return {{}, {{parsed.host, std::to_string(parsed.port), flags}}};
}

} // namespace spaceframe::tcp
