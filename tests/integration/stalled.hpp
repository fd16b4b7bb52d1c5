#pragma once

#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace spaceframe::testing
{

// A socket that binds, and a peer of it that reads only when it is told to.
class Stalled
{
public:
    static constexpr std::uint64_t mark = 5;

    // What fills a peer.
    static const std::string& large()
    {
        static const std::string text = body(1, 100'000);
        return text;
    }

    Stalled(unsigned threads, const std::string& pattern, const std::string& lines,
            const std::string& peer_type, const std::string& policies = {})
        : kernel({.threads = threads,
                  .sockets = socket_lines("socket", pattern,
                                          lines + (pattern == "pub" ? "\nstall_timeout 0s" : "") +
                                              "\nsend_hwm " + std::to_string(mark) +
                                              "\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                              "sndbuf 16KiB\n}"),
                  .more = policies})
        , socket(kernel["socket"])
        , peer(socket.last_endpoint(), 16384)
    {
        Threads handshake;
        handshake.start(
            [&]
            {
                peer.shake_hands(peer_type, "slow");
                if (peer_type == "SUB")
                {
                    peer.send(frame("\1"));
                }
            });
        REQUIRE(socket.wait_for_peers(1, limit));
        if (peer_type == "SUB")
        {
            REQUIRE(socket.wait_for_subscribers("", 1, limit));
        }
        handshake.join();
    }

    // Sends large messages until the peer is full: `full` says so of the ledger.
    template <class Full>
    void fill(Full full)
    {
        kernel.await_state(
            [&]
            {
                return full(send(large()));
            },
            "the peer is full");
    }

    error_code send(const std::string& text)
    {
        Message message;
        if (socket.pattern() == "router")
        {
            message.push_back(Frame(std::string_view("slow")));
        }
        message.push_back(Frame(std::string_view(text)));
        error_code error;
        socket.send(std::move(message), no_wait, error);
        return error;
    }

    // Texts of messages, without the large ones, up to `last`.
    static std::vector<std::string> read_until(RawPeer& from, const std::string& last)
    {
        std::vector<std::string> small;
        do
        {
            unsigned flags = 0;
            std::string text = from.read_frame(flags);
            if (text != large())
            {
                small.push_back(std::move(text));
            }
        }
        while (small.empty() || small.back() != last);
        return small;
    }

    std::vector<std::string> read_until(const std::string& last)
    {
        return read_until(peer, last);
    }

    TestKernel kernel;
    Socket socket;
    RawPeer peer;
};

} // namespace spaceframe::testing
