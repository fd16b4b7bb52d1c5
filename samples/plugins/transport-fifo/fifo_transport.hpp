#pragma once

#include "fifo_dial.hpp"
#include "fifo_listener.hpp"
#include "fifo_stream.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>

namespace fifo
{

// What a manifest can set.
inline constexpr sf_option fifo_options[] = {
    sdk::option("capacity", sdk::Type::bytes, "0",
                "Bytes that the pipe that we write holds; 0 = the system's choice")
        .range("0", "1GiB"),
    sdk::option("connect_timeout", sdk::Type::duration, "5s", "Longest wait for the listener's answer")
        .range("1ms", "1h"),
};

// The role "fifo": two named pipes for each connection between processes of one user. meeting.hpp says how
// they find each other. What each function does stands in abi.h under sf_transport.
class FifoTransport
{
public:
    using Listener = FifoListener;
    using Dial = FifoDial;
    using Stream = FifoStream;

    FifoTransport(sdk::Host host, const sdk::Options& options);

    static sdk::Status check_address(sdk::Host host, const char* address, bool listening);

    sdk::Status listen(sf_loop* loop, const char* address, sdk::StreamCallback<Stream> accepted,
                       Listener*& listener);
    sdk::Status dial(sf_loop* loop, const char* address, sdk::StreamCallback<Stream> dialed, Dial*& dial);

private:
    sdk::Host host_;
    int capacity_;
    std::chrono::nanoseconds connect_timeout_;
};

} // namespace fifo
