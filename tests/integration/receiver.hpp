#pragma once

#include "content.hpp"
#include "test_kernel.hpp"

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace spaceframe::testing
{

// A pattern that receives, and the type of a peer that sends to it.
struct Receiver
{
    std::string_view pattern;
    std::string_view peer;
    std::string_view lines = {};
};

inline constexpr std::array<Receiver, 8> receivers{{{"pull", "PUSH"},
                                                    {"sub", "PUB", "subscribe x"},
                                                    {"xsub", "PUB"},
                                                    {"xpub", "SUB"},
                                                    {"dealer", "ROUTER"},
                                                    {"router", "DEALER"},
                                                    {"rep", "REQ"},
                                                    {"pair", "PAIR"}}};

// Socket "s", which binds.
inline std::string bound_socket(std::string_view pattern, std::string_view lines)
{
    return socket_lines("s", pattern,
                        std::string(lines) + "\nbind {\nendpoint tcp://127.0.0.1:*\nrcvbuf 16KiB\n}");
}

// Message `index` of a sender, as XPUB takes it for no subscription.
inline std::string text(std::uint64_t index, std::size_t size)
{
    std::string made = body(index, size);
    made.front() = 'x';
    return made;
}

// Waits until so many messages wait, and then until nothing more comes for a while. A while that is too short
// never fails a test; it would only miss what came later.
inline void await_rest(TestKernel& kernel, const Socket& socket, std::uint64_t least)
{
    std::uint64_t before = 0;
    int quiet = 0;
    kernel.await_state(
        [&]
        {
            const Ledger ledger = socket.ledger();
            quiet = ledger.pending >= least && ledger.arrived_bytes == before ? quiet + 1 : 0;
            before = ledger.arrived_bytes;
            return quiet == 20;
        },
        "the receiver stops reading");
}

} // namespace spaceframe::testing
