#include "tcp_transport.hpp"

#include "tcp_address.hpp"
#include "tcp_bind.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>

#include <string>
#include <vector>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace spaceframe::tcp
{

namespace
{

using plugin::Status;
using plugin::StreamCallback;

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

Status TcpTransport::check_address(plugin::Host, const char* address, bool listening)
{
    parse_address(address, listening);
    return SF_OK;
}

Status TcpTransport::listen(sf_loop* loop, const char* address, StreamCallback<Stream> accepted,
                            Listener*& listener)
{
    const TcpAddress parsed = parse_address(address, true);
    plugin::posix::Descriptor socket = listening_socket(address, parsed, sockets_->options(), *sockets_);
    std::string bound = plugin::posix::text_of(plugin::posix::local_address(socket.get()));
    listener = new Listener(host_, loop, std::move(socket), std::move(bound), sockets_, accepted);
    listener->start();
    return SF_OK;
}

Status TcpTransport::dial(sf_loop* loop, const char* address, StreamCallback<Stream> dialed, Dial*& dial)
{
    const TcpAddress parsed = parse_address(address, false);
    auto made =
        std::make_unique<Dial>(host_, loop, address, sockets_, sockets_->options().connect_timeout, dialed);
    if (parsed.numeric)
    {
        made->start(std::vector<sf_address>{*parsed.numeric});
    }
    else
    {
        const std::uint32_t flags = sockets_->options().ipv6 ? SF_RESOLVE_IPV6 : 0;
        const Status status = made->start(parsed.host.c_str(), std::to_string(parsed.port).c_str(), flags);
        if (status != SF_OK)
        {
            return status;
        }
    }
    dial = made.release();
    return SF_OK;
}

} // namespace spaceframe::tcp
