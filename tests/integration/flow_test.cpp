// High-water marks: who stops whom, and when it goes on.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::size_t send_until_it_would_block(Socket& socket, const std::string& text)
{
    for (std::size_t sent = 0;; ++sent)
    {
        error_code error;
        socket.send(std::as_bytes(std::span(text)), no_wait, error);
        if (error)
        {
            CHECK(error == errc::would_block);
            return sent;
        }
    }
}

} // namespace

TEST_CASE("a send stops at the mark while nobody is there, and goes on when somebody reads")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "send_hwm 5\nreconnect_ivl 5ms") +
                                      socket_lines("pull", "pull")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        RawListener port;
        push.connect(port.endpoint());
        CHECK(send_until_it_would_block(push, "x") == 5);
        CHECK(push.ledger().queued == 5);

        RawPeer peer = port.accept();
        Threads reader;
        reader.start(
            [&]
            {
                peer.shake_hands("PULL");
                for (int i = 0; i < 6; ++i)
                {
                    unsigned flags = 0;
                    peer.read_frame(flags);
                }
            });
        must_send(push, Message("y"));
        kernel.await_state(
            [&]
            {
                return push.ledger().written == 6;
            },
            "all is written");
        reader.join();
    }
}

TEST_CASE("a peer that does not read stops the sender at its mark, and the mark counts again when it reads")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push",
                                                   "send_hwm 5\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                                   "sndbuf 16KiB\n}")});
        Socket push = kernel["push"];
        RawPeer peer(push.last_endpoint(), 16384);
        Threads reader;
        reader.start(
            [&]
            {
                peer.shake_hands("PULL");
            });
        REQUIRE(push.wait_for_peers(1, limit));
        reader.join();

        const std::string text = body(1, 100'000);
        std::size_t sent = 0;
        kernel.await_state(
            [&]
            {
                sent += send_until_it_would_block(push, text);
                return push.ledger().queued == 5 && push.ledger().written_bytes > 20'000;
            },
            "the peer's buffers are full");
        CHECK(sent < 50);
        CHECK(push.ledger().accepted == sent);

        reader.start(
            [&]
            {
                for (std::size_t i = 0; i < sent + 3; ++i)
                {
                    unsigned flags = 0;
                    if (peer.read_frame(flags) != text)
                    {
                        throw std::runtime_error("wrong content");
                    }
                }
            });
        for (int i = 0; i < 3; ++i)
        {
            must_send(push, Message(std::string_view(text)));
        }
        error_code error;
        push.flush(limit, error);
        CHECK_FALSE(error);
        reader.join();
    }
}

TEST_CASE("a mark in bytes stops the sender too")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("push", "push", "send_hwm_bytes 10000B")});
        Socket push = kernel["push"];
        push.connect("ipc://@spaceframe-nobody-listens-here");
        const std::size_t sent = send_until_it_would_block(push, std::string(1000, 'x'));
        CHECK(sent >= 9);
        CHECK(sent <= 10);
    }
}

TEST_CASE("a receiver that does not receive stops reading, and the sender feels it")
{
    constexpr std::size_t messages = 300;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push",
                                     "send_hwm 5\nbind {\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}") +
                        socket_lines("pull", "pull", "recv_hwm 5")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        pull.connect(push.last_endpoint());
        Threads sender;
        sender.start(
            [&]
            {
                for (std::uint64_t i = 0; i < messages; ++i)
                {
                    must_send(push, make_message(i, {20'000}));
                }
            });
        kernel.await_state(
            [&]
            {
                // A sender that found its peer full goes on when half of the mark is free.
                return pull.ledger().pending >= 5 && push.ledger().queued > 5 / 2;
            },
            "both marks are reached");
        // What one read brings may go beyond the mark.
        CHECK(pull.ledger().pending <= 30);
        CHECK(push.ledger().accepted < 200);
        for (std::uint64_t i = 0; i < messages; ++i)
        {
            REQUIRE(problem_with(must_receive(pull), 0, i, {20'000}) == "");
        }
        sender.join();
    }
}
