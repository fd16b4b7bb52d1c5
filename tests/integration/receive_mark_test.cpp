// recv_hwm_bytes: what a socket keeps that nobody receives.
#include "content.hpp"
#include "raw_peer.hpp"
#include "receiver.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::size_t one_read = std::size_t{128} * 1024;

struct Sender
{
    std::string_view type;
    std::size_t size;
    std::uint64_t count;
    std::string_view identity = {};
    bool requests = false;

    void run(RawPeer& peer) const
    {
        peer.shake_hands(type, identity);
        for (std::uint64_t i = 0; i < count; ++i)
        {
            peer.send((requests ? frame("", true) : "") + frame(text(i, size)));
        }
    }
};

void stops_and_goes_on(const Receiver& each, unsigned threads, std::size_t size, std::uint64_t count)
{
    constexpr std::size_t mark = std::size_t{512} * 1024;
    CAPTURE(each.pattern);
    CAPTURE(size);
    CAPTURE(threads);
    TestKernel kernel({.threads = threads,
                       .sockets = bound_socket(each.pattern, "recv_hwm 0\nrecv_hwm_bytes 512KiB\n" +
                                                                 std::string(each.lines))});
    Socket socket = kernel["s"];
    RawPeer peer(socket.last_endpoint());
    Threads sender;
    sender.start(
        [&]
        {
            Sender{each.peer, size, count, "", each.pattern == "rep"}.run(peer);
        });
    await_rest(kernel, socket, mark / 4 / size + 1);
    CHECK(socket.ledger().pending * size <= mark + std::max(size, one_read));
    for (std::uint64_t i = 0; i < count; ++i)
    {
        const Message message = must_receive(socket);
        REQUIRE(message.back().text() == text(i, size));
        if (each.pattern == "rep")
        {
            must_send(socket, Message(""));
        }
    }
    sender.join();
    CHECK(socket.ledger().arrived == count);
}

} // namespace

TEST_CASE("a receiver that does not receive keeps its mark in bytes and one read, and goes on later")
{
    for (const unsigned threads : all_threads)
    {
        stops_and_goes_on(receivers.front(), threads, 100, 20'000);
        stops_and_goes_on(receivers.front(), threads, 300'000, 20);
    }
}

TEST_CASE("every pattern that receives has the mark in bytes")
{
    for (const Receiver& each : receivers)
    {
        stops_and_goes_on(each, 1, 100, 20'000);
        stops_and_goes_on(each, 1, 300'000, 20);
    }
}

TEST_CASE("reading goes on when half of the mark in bytes is free, and not before")
{
    constexpr std::size_t size = 300'000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        // Eight messages reach it, four are more than half.
        TestKernel kernel(
            {.threads = threads, .sockets = bound_socket("pull", "recv_hwm 0\nrecv_hwm_bytes 2370000B")});
        Socket socket = kernel["s"];
        RawPeer peer(socket.last_endpoint());
        Threads sender;
        sender.start(
            [&]
            {
                Sender{"PUSH", size, 20}.run(peer);
            });
        await_rest(kernel, socket, 8);
        REQUIRE(socket.ledger().arrived == 8);

        std::vector<Message> messages(4);
        CHECK(socket.receive_batch(messages) == 4);
        await_rest(kernel, socket, 4);
        CHECK(socket.ledger().arrived == 8);

        messages.resize(2);
        CHECK(socket.receive_batch(messages) == 2);
        await_rest(kernel, socket, 8);
        CHECK(socket.ledger().arrived == 14);
        for (std::uint64_t i = 6; i < 20; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == text(i, size));
        }
        sender.join();
    }
}

TEST_CASE("a mark in bytes counts the memory that messages pin, and not their bytes")
{
    // A slab is twice as large: one small message pins all of it.
    TestKernel kernel({.threads = 1, .sockets = bound_socket("pull", "recv_hwm 0\nrecv_hwm_bytes 64KiB")});
    Socket socket = kernel["s"];
    const auto join = [&](RawPeer& peer)
    {
        const std::size_t peers = socket.ledger().peers;
        Threads handshake;
        handshake.start(
            [&]
            {
                peer.shake_hands("PUSH");
            });
        REQUIRE(socket.wait_for_peers(peers + 1, limit));
        handshake.join();
    };
    RawPeer peer(socket.last_endpoint());
    join(peer);
    peer.send_at_once();
    peer.send(frame("first"));
    await_rest(kernel, socket, 1);
    peer.send(frame("second"));
    // What comes from another one, later and on the same loop, is there.
    RawPeer other(socket.last_endpoint());
    join(other);
    other.send(frame("third"));
    kernel.await_state(
        [&]
        {
            return std::ranges::all_of(socket.peers(),
                                       [](const PeerInfo& info)
                                       {
                                           return info.ledger.arrived > 0;
                                       });
        },
        "a message of each has come");
    CHECK(socket.ledger().arrived == 2);
    std::set<std::string> texts;
    for (int i = 0; i < 3; ++i)
    {
        texts.insert(text_of(must_receive(socket)));
    }
    CHECK(texts == std::set<std::string>{"first", "second", "third"});
}

TEST_CASE("the mark in bytes is each peer's own, and one that is at its mark keeps no other from sending")
{
    constexpr std::size_t mark = std::size_t{512} * 1024;
    constexpr std::array<Sender, 3> senders{
        {{"DEALER", 100, 20'000, "a"}, {"DEALER", 300'000, 20, "b"}, {"DEALER", 20'000, 200, "c"}}};
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = bound_socket("router", "recv_hwm 0\nrecv_hwm_bytes 512KiB")});
        Socket socket = kernel["s"];
        std::vector<RawPeer> peers;
        Threads threads_of_peers;
        std::uint64_t expected = 0;
        for (const Sender& sender : senders)
        {
            peers.emplace_back(socket.last_endpoint());
            expected += sender.count;
        }
        for (std::size_t i = 0; i < senders.size(); ++i)
        {
            threads_of_peers.start(
                [&, i]
                {
                    senders[i].run(peers[i]);
                });
            // The others are at their marks.
            await_rest(kernel, socket, socket.ledger().pending + mark / 4 / senders[i].size + 1);
        }
        CHECK(socket.ledger().pending < expected / 2);
        std::array<std::uint64_t, 3> next{};
        for (std::uint64_t i = 0; i < expected; ++i)
        {
            const Message message = must_receive(socket);
            const auto from = static_cast<std::size_t>(message.front().text().front() - 'a');
            REQUIRE(from < senders.size());
            REQUIRE(message.back().text() == text(next.at(from)++, senders.at(from).size));
        }
        threads_of_peers.join();
    }
}

TEST_CASE("what a lost connection had brought counts until it is received, and not longer")
{
    TestKernel kernel(
        {.threads = 1, .sockets = socket_lines("s", "dealer", "recv_hwm_bytes 512KiB\nreconnect_ivl 1ms")});
    Socket socket = kernel["s"];
    RawListener port;
    socket.connect(port.endpoint());
    for (int round = 0; round < 10; ++round)
    {
        RawPeer peer = port.accept();
        Threads sender;
        sender.start(
            [&]
            {
                Sender{"ROUTER", 300'000, 3}.run(peer);
                peer.close();
            });
        for (std::uint64_t i = 0; i < 3; ++i)
        {
            REQUIRE(must_receive(socket).front().text() == text(i, 300'000));
        }
        sender.join();
    }
}

TEST_CASE("what a lost connection had brought counts for the next one of its endpoint")
{
    // Each pins itself, or the slab that it was read into: eight to eleven reach the mark.
    constexpr std::size_t size = 100'000;
    constexpr std::uint64_t before = 6;
    constexpr std::uint64_t after = 20;
    TestKernel kernel(
        {.threads = 1,
         .sockets = socket_lines("s", "dealer", "recv_hwm 0\nrecv_hwm_bytes 1MiB\nreconnect_ivl 1ms")});
    Socket socket = kernel["s"];
    RawListener port;
    socket.connect(port.endpoint());
    {
        RawPeer peer = port.accept();
        Sender{"ROUTER", size, before}.run(peer);
        peer.close();
        kernel.await(Event::Kind::disconnected);
    }
    REQUIRE(socket.ledger().arrived == before);
    RawPeer peer = port.accept();
    Threads sender;
    sender.start(
        [&]
        {
            Sender{"ROUTER", size, after}.run(peer);
        });
    await_rest(kernel, socket, before + 1);
    CHECK(socket.ledger().arrived <= 11);
    for (std::uint64_t i = 0; i < before + after; ++i)
    {
        REQUIRE(must_receive(socket).front().text() == text(i < before ? i : i - before, size));
    }
    sender.join();
}
