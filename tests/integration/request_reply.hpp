#pragma once

#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

// What tests of REQ and REP share.
namespace spaceframe::testing
{

inline constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

inline const std::string small_budget =
    "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 64KiB\n}\n}\n";

inline std::string bound_req(std::string_view lines = {})
{
    return socket_lines("req", "req", std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

inline std::string bound_rep(std::string_view lines = {})
{
    return socket_lines("rep", "rep", std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

using Texts = std::vector<std::string>;

inline error_code send_error(Socket& socket, Message message, Timeout timeout = limit)
{
    error_code error;
    socket.send(std::move(message), timeout, error);
    return error;
}

inline error_code receive_error(Socket& socket, Timeout timeout = limit)
{
    Message message;
    error_code error;
    socket.receive(message, timeout, error);
    return error;
}

// Shakes hands with `socket`, which has no other peer.
inline void join(RawPeer& peer, Socket& socket, const char* socket_type)
{
    Threads handshake;
    handshake.start(
        [&]
        {
            peer.shake_hands(socket_type);
        });
    REQUIRE(socket.wait_for_peers(1, limit));
    handshake.join();
}

inline Texts read_message(RawPeer& peer)
{
    Texts frames;
    unsigned flags = 1;
    while ((flags & 1U) != 0)
    {
        frames.push_back(peer.read_frame(flags));
    }
    return frames;
}

inline void answer_one(Socket& rep)
{
    must_send(rep, must_receive(rep));
}

} // namespace spaceframe::testing
