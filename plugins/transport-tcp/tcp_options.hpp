#pragma once

#include <spaceframe/plugin/options.hpp>

#include <array>
#include <chrono>

namespace spaceframe::tcp
{

// The options of the role, in the order of the table. Their names are ZeroMQ's.
inline constexpr std::array<sf_option, 10> tcp_options{
    plugin::option("tcp_nodelay", plugin::Type::boolean, "true",
                   "Sends small writes at once instead of waiting for more (no Nagle)"),
    plugin::option("sndbuf", plugin::Type::bytes, "0",
                   "Send buffer of the operating system; 0 = the system's choice")
        .range("0", "1GiB"),
    plugin::option("rcvbuf", plugin::Type::bytes, "0",
                   "Receive buffer of the operating system; 0 = the system's choice")
        .range("0", "1GiB"),
    plugin::option("backlog", plugin::Type::integer, "100", "Connections that may wait to be accepted")
        .range("1", "65535"),
    plugin::option("ipv6", plugin::Type::boolean, "false",
                   "Names and `*` mean IPv6 as well as IPv4; an IPv6 address works either way"),
    plugin::choice("tcp_keepalive", "default|on|off", "default",
                   "Probes of idle connections by the operating system"),
    plugin::option("tcp_keepalive_idle", plugin::Type::duration, "0s",
                   "Idle time before the first probe, in whole seconds; 0 = the system's choice")
        .range("0s", "32767s"),
    plugin::option("tcp_keepalive_cnt", plugin::Type::integer, "0",
                   "Unanswered probes that end a connection; 0 = the system's choice")
        .range("0", "127"),
    plugin::option("tcp_keepalive_intvl", plugin::Type::duration, "0s",
                   "Time between probes, in whole seconds; 0 = the system's choice")
        .range("0s", "32767s"),
    plugin::option("connect_timeout", plugin::Type::duration, "0s",
                   "Longest attempt to connect, to all addresses of a name together; 0 = the system's choice")
        .range("0s", "1h")};

enum class Keepalive
{
    unchanged, // "default"
    on,
    off
};

struct TcpOptions
{
    explicit TcpOptions(const plugin::Options& options);

    bool nodelay;
    int send_buffer;    // bytes; 0 for the system's
    int receive_buffer; // likewise
    int backlog;
    bool ipv6;
    Keepalive keepalive;
    int keepalive_idle;     // seconds; 0 for the system's
    int keepalive_count;    // likewise
    int keepalive_interval; // likewise
    std::chrono::nanoseconds connect_timeout;
};

} // namespace spaceframe::tcp
