#pragma once

#include <spaceframe/plugin/options.hpp>

#include <array>
#include <chrono>

namespace spaceframe::ipc
{

// The options of the role, in the order of the table. Their names are ZeroMQ's.
inline constexpr std::array<sf_option, 4> ipc_options{
    plugin::option("sndbuf", plugin::Type::bytes, "0",
                   "Send buffer of the operating system; 0 = the system's choice")
        .range("0", "1GiB"),
    plugin::option("rcvbuf", plugin::Type::bytes, "0",
                   "Receive buffer of the operating system; 0 = the system's choice")
        .range("0", "1GiB"),
    plugin::option("backlog", plugin::Type::integer, "100", "Connections that may wait to be accepted")
        .range("1", "65535"),
    plugin::option("connect_timeout", plugin::Type::duration, "0s",
                   "Longest wait for room in the listener's backlog; 0 = as long as it takes")
        .range("0s", "1h")};

struct IpcOptions
{
    explicit IpcOptions(const plugin::Options& options)
        : send_buffer(static_cast<int>(options.bytes("sndbuf")))
        , receive_buffer(static_cast<int>(options.bytes("rcvbuf")))
        , backlog(static_cast<int>(options.integer("backlog")))
        , connect_timeout(options.duration("connect_timeout"))
    {}

    int send_buffer;    // bytes; 0 for the system's
    int receive_buffer; // likewise
    int backlog;
    std::chrono::nanoseconds connect_timeout;
};

} // namespace spaceframe::ipc
