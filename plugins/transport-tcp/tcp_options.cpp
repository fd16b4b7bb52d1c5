#include "tcp_options.hpp"

namespace spaceframe::tcp
{

namespace
{

int seconds(std::chrono::nanoseconds duration)
{
    return static_cast<int>(std::chrono::ceil<std::chrono::seconds>(duration).count());
}

} // namespace

TcpOptions::TcpOptions(const plugin::Options& options)
    : nodelay(options.boolean("tcp_nodelay"))
    , send_buffer(static_cast<int>(options.bytes("sndbuf")))
    , receive_buffer(static_cast<int>(options.bytes("rcvbuf")))
    , backlog(static_cast<int>(options.integer("backlog")))
    , ipv6(options.boolean("ipv6"))
    , keepalive(static_cast<Keepalive>(options.choice("tcp_keepalive")))
    , keepalive_idle(seconds(options.duration("tcp_keepalive_idle")))
    , keepalive_count(static_cast<int>(options.integer("tcp_keepalive_cnt")))
    , keepalive_interval(seconds(options.duration("tcp_keepalive_intvl")))
    , connect_timeout(options.duration("connect_timeout"))
{}

} // namespace spaceframe::tcp
