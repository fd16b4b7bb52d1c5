// recv_hwm, and recv_hwm_bytes, when one read brings more messages than they allow.
#include "raw_peer.hpp"
#include "receiver.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::uint64_t mark = 5;

// For every pattern.
std::string numbered(std::uint64_t index)
{
    return "x" + std::to_string(index);
}

// One byte.
std::string letter(std::uint64_t index)
{
    return {static_cast<char>('a' + index % 26)};
}

// A handshake, and messages: all that a peer has to say, at once.
std::string script(std::string_view type, std::string_view messages)
{
    std::string bytes = greeting(1);
    bytes += ready(type);
    bytes += messages;
    return bytes;
}

template <class Text>
std::string frames(std::uint64_t count, Text text)
{
    std::string bytes;
    for (std::uint64_t i = 0; i < count; ++i)
    {
        bytes += frame(text(i));
    }
    return bytes;
}

} // namespace

TEST_CASE("of 32,770 messages that come at once no more than recv_hwm wait, and all of them come, in order")
{
    constexpr std::uint64_t count = 32'770;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("s", "pull", "recv_hwm 5\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        Threads sender;
        sender.start(
            [&]
            {
                peer.send(script("PUSH", frames(count, letter)));
            });
        await_rest(kernel, socket, mark);
        CHECK(socket.ledger().pending == mark);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == letter(i));
            REQUIRE(socket.ledger().pending <= mark);
        }
        sender.join();
        CHECK(socket.ledger().arrived == count);
    }
}

TEST_CASE("no pattern that receives takes more than recv_hwm of what one read brings")
{
    constexpr std::uint64_t count = 2'000;
    for (const Receiver& each : receivers)
    {
        CAPTURE(each.pattern);
        const bool requests = each.pattern == "rep";
        const bool enveloped = requests || each.pattern == "router";
        std::string messages;
        for (std::uint64_t i = 0; i < count; ++i)
        {
            messages += (enveloped ? frame("", true) : "") + frame(numbered(i));
        }
        TestKernel kernel(
            {.sockets = socket_lines("s", each.pattern,
                                     "recv_hwm 5\nbind tcp://127.0.0.1:*\n" + std::string(each.lines))});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        peer.send(script(each.peer, messages));
        await_rest(kernel, socket, mark);
        CHECK(socket.ledger().pending == mark);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            REQUIRE(must_receive(socket).back().text() == numbered(i));
            if (requests)
            {
                must_send(socket, Message(""));
            }
        }
        CHECK(socket.ledger().arrived == count);
    }
}

TEST_CASE("a mark counts messages, however many frames they have")
{
    constexpr std::uint64_t count = 300;
    std::string messages;
    for (std::uint64_t i = 0; i < count; ++i)
    {
        messages += frame(numbered(i), true) + frame("", true) + frame(numbered(i));
    }
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("s", "pull", "recv_hwm 5\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        peer.send(script("PUSH", messages));
        await_rest(kernel, socket, mark);
        CHECK(socket.ledger().pending == mark);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            const Message message = must_receive(socket);
            REQUIRE(message.size() == 3);
            REQUIRE(message.front().text() == numbered(i));
            REQUIRE(message.back().text() == numbered(i));
        }
    }
}

TEST_CASE("of what comes at once so many messages are taken as have their places within the mark in bytes")
{
    constexpr std::uint64_t count = 32'770;
    constexpr std::uint64_t places = 1500; // of 32 bytes, beside a slab of 128 KiB
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines(
                               "s", "pull", "recv_hwm 0\nrecv_hwm_bytes 179072B\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        Threads sender;
        sender.start(
            [&]
            {
                peer.send(script("PUSH", frames(count, letter)));
            });
        await_rest(kernel, socket, places);
        CHECK(socket.ledger().pending == places);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == letter(i));
        }
        sender.join();
        CHECK(socket.ledger().arrived == count);
    }
}

TEST_CASE("while a mark keeps back what was read, nothing more is read: the sender feels it")
{
    constexpr std::uint64_t count = 400'000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 5")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        Threads sender;
        sender.start(
            [&]
            {
                try
                {
                    peer.send(script("PUSH", frames(count, letter)));
                }
                catch (const std::system_error&)
                {
                    return; // it is closed before all is read
                }
            });
        await_rest(kernel, socket, mark);
        const std::uint64_t read = socket.ledger().arrived_bytes;
        CHECK(read <= std::uint64_t{128} * 1024);
        for (std::uint64_t i = 0; i < 50; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == letter(i));
        }
        CHECK(socket.ledger().arrived_bytes == read);
        kernel.close();
        sender.join();
    }
}

TEST_CASE("what a mark keeps back goes with the connection when the socket is closed")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("s", "pull", "recv_hwm 5\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        peer.send(script("PUSH", frames(1000, letter)));
        await_rest(kernel, socket, mark);
        CHECK(socket.close(Timeout::zero()).undelivered == mark);
        CHECK(socket.ledger().arrived == mark);
    }
}

TEST_CASE("what a peer sent before it went is received, though a mark kept it back")
{
    constexpr std::uint64_t count = 1000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("s", "pull", "recv_hwm 5\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        {
            RawPeer peer(socket.last_endpoint());
            Threads sender;
            sender.start(
                [&]
                {
                    peer.shake_hands("PUSH");
                });
            REQUIRE(socket.wait_for_peers(1, limit));
            sender.join();
            peer.send(frames(count, letter));
        }
        await_rest(kernel, socket, mark);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == letter(i));
        }
        kernel.await(Event::Kind::disconnected);
    }
}

TEST_CASE("a PING behind what a mark keeps back is answered when reading has gone on so far")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("s", "pull", "recv_hwm 5\nbind tcp://127.0.0.1:*")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        using namespace std::string_view_literals;
        Threads other;
        other.start(
            [&]
            {
                peer.shake_hands("PUSH");
                peer.send(frames(100, letter) + frame("\4PING\0\0here"sv, false, true) + frame("last"));
                unsigned flags = 0;
                if (peer.read_frame(flags) != "\4PONGhere")
                {
                    throw std::runtime_error("no PONG");
                }
            });
        await_rest(kernel, socket, mark);
        CHECK(socket.ledger().pending == mark);
        for (std::uint64_t i = 0; i < 100; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == letter(i));
        }
        CHECK(must_receive(socket).front().text() == "last");
        other.join();
    }
}

TEST_CASE("a peer is not taken for dead because of its silence while a mark keeps back what it said")
{
    using namespace std::chrono_literals;
    constexpr std::uint64_t count = 60;
    // Nobody drives but this thread: whatever the peer says is there when it does.
    TestKernel kernel({.threads = 0,
                       .sockets = socket_lines("s", "pull",
                                               "recv_hwm 5\nheartbeat_ivl 1ms\nheartbeat_timeout 1ms\n"
                                               "bind tcp://127.0.0.1:*")});
    Socket socket = kernel["s"];
    RawPeer peer(socket.last_endpoint());
    peer.send(script("PUSH", frames(count, letter)));
    for (std::uint64_t i = 0; i < count; ++i)
    {
        REQUIRE(must_receive(socket).front().text() == letter(i));
        kernel->run_for(2ms);
    }
    kernel.await(Event::Kind::disconnected);
}
