// Peers that come, send and go while nobody receives.
#include "descriptors.hpp"
#include "raw_peer.hpp"
#include "receiver.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
std::size_t count_refusals(TestKernel& kernel)
{
    const Happenings happenings = kernel.happenings();
    return static_cast<std::size_t>(std::count_if(happenings.begin(), happenings.end(),
                                                  [](const Happening& each)
                                                  {
                                                      return each.kind == Event::Kind::failed &&
                                                             each.error == errc::refused;
                                                  }));
}

std::string messages(std::size_t count, std::size_t first = 0)
{
    std::string bytes;
    for (std::size_t i = first; i < first + count; ++i)
    {
        bytes += frame(std::to_string(i));
    }
    return bytes;
}

// A peer that has come, or nothing when it was not let in.
std::optional<RawPeer> come(TestKernel& kernel, const std::string& endpoint, std::string_view type = "PUSH",
                            std::string_view identity = {})
{
    const std::size_t lives = kernel.count(Event::Kind::ready);
    const std::size_t refusals = count_refusals(kernel);
    RawPeer peer(endpoint);
    peer.send(greeting() + ready(type, identity));
    kernel.await_state(
        [&]
        {
            return kernel.count(Event::Kind::ready) > lives || count_refusals(kernel) > refusals;
        },
        "the peer is let in or refused");
    if (kernel.count(Event::Kind::ready) == lives)
    {
        return std::nullopt;
    }
    peer.read(greeting().size());
    unsigned flags = 0;
    peer.read_frame(flags);
    return peer;
}

// The same, again and again until it is let in.
RawPeer insist(TestKernel& kernel, const std::string& endpoint, std::string_view type,
               std::string_view identity)
{
    for (int refusals = 0; refusals < 100'000; ++refusals)
    {
        if (auto peer = come(kernel, endpoint, type, identity))
        {
            return std::move(*peer);
        }
    }
    throw std::runtime_error("nobody is let in");
}

void await_arrival(TestKernel& kernel, const Socket& socket, std::size_t count)
{
    kernel.await_state(
        [&]
        {
            return socket.ledger().arrived == count;
        },
        "the messages arrive");
}

} // namespace

TEST_CASE("while lost peers have left as much as a socket keeps of them nobody is let in, and then they are")
{
    constexpr std::size_t mark = 10;
    constexpr std::size_t of_each = 8;
    constexpr std::size_t lives = 64 * mark / of_each;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        const std::string endpoint = pull.last_endpoint();
        auto patient = come(kernel, endpoint);
        REQUIRE(patient);
        for (std::size_t i = 0; i < lives; ++i)
        {
            auto peer = come(kernel, endpoint);
            REQUIRE(peer);
            peer->send(messages(of_each));
            await_arrival(kernel, pull, (i + 1) * of_each);
            peer.reset();
            kernel.await(Event::Kind::disconnected, i + 1);
        }
        CHECK_FALSE(come(kernel, endpoint));
        patient->send(messages(1));
        await_arrival(kernel, pull, lives * of_each + 1);
        std::size_t received = 0;
        for (; received < lives * of_each / 2 - 1; ++received)
        {
            must_receive(pull);
        }
        CHECK_FALSE(come(kernel, endpoint));
        for (; received < lives * of_each + 1; ++received)
        {
            must_receive(pull);
        }
        // The last ones count until somebody asks for more.
        error_code error;
        Message none;
        CHECK_FALSE(pull.receive(none, no_wait, error));
        CHECK(come(kernel, endpoint));
    }
}

TEST_CASE("peers that fill their marks and go, again and again, keep a bounded number of descriptors")
{
    constexpr std::size_t attempts = 300;
    constexpr std::size_t kept = 64;
    constexpr std::size_t of_each = 16;
    constexpr std::size_t of_a_loop = 3; // which has its first connection
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        const std::string endpoint = pull.last_endpoint();
        const std::size_t before = open_descriptors();
        std::size_t lives = 0;
        for (std::size_t i = 0; i < attempts; ++i)
        {
            if (auto peer = come(kernel, endpoint))
            {
                peer->send(messages(of_each));
                ++lives;
            }
        }
        CHECK(lives >= kept);
        CHECK(lives < attempts);
        for (std::size_t i = 0; i < lives * of_each; ++i)
        {
            must_receive(pull);
        }
        kernel.await(Event::Kind::disconnected, lives);
        kernel.await_state(
            [&]
            {
                return open_descriptors() <= before + of_a_loop;
            },
            "their descriptors are closed");
        auto peer = come(kernel, endpoint);
        REQUIRE(peer);
        peer->send(messages(1));
        CHECK(text_of(must_receive(pull)) == "0");
    }
}

TEST_CASE("a peer that is not read from, and goes without leaving anything, is lost at once")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        {
            auto peer = come(kernel, pull.last_endpoint());
            REQUIRE(peer);
            peer->send(messages(10));
            await_arrival(kernel, pull, 10);
        }
        kernel.await(Event::Kind::disconnected, 1);
        CHECK(pull.ledger().pending == 10);
        CHECK(pull.peers().empty());
    }
}

TEST_CASE("what a peer sends to a socket that does not receive is dropped and counted, and keeps nobody away")
{
    constexpr std::size_t count = 3000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("push", "")});
        Socket push = kernel["s"];
        {
            auto peer = come(kernel, push.last_endpoint(), "PULL");
            REQUIRE(peer);
            peer->send(messages(count));
            await_arrival(kernel, push, count);
        }
        kernel.await(Event::Kind::disconnected, 1);
        CHECK(push.ledger().dropped_unwanted == count);
        CHECK(push.ledger().pending == 0);
        CHECK(come(kernel, push.last_endpoint(), "PULL"));
    }
}

TEST_CASE("the place of a peer that filled its mark and went is free for the next one, who is told nothing "
          "until then")
{
    struct Served
    {
        std::string_view pattern;
        std::string_view peer;
    };
    for (const Served& each : {Served{"router", "DEALER"}, Served{"pair", "PAIR"}})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(each.pattern);
            CAPTURE(threads);
            TestKernel kernel({.threads = threads, .sockets = bound_socket(each.pattern, "recv_hwm 10")});
            Socket socket = kernel["s"];
            const std::string endpoint = socket.last_endpoint();
            auto first = come(kernel, endpoint, each.peer, "A");
            REQUIRE(first);
            first->send(messages(16));
            await_arrival(kernel, socket, 10);
            {
                RawPeer second(endpoint);
                second.send(greeting() + ready(each.peer, "A"));
                kernel.await(Event::Kind::failed, 1);
                CHECK(second.read_to_end().find("ERROR") == std::string::npos);
            }
            first.reset();
            RawPeer second = insist(kernel, endpoint, each.peer, "A");
            must_send(socket, each.pattern == "router" ? Message{"A", "welcome"} : Message("welcome"));
            kernel.await_state(
                [&]
                {
                    return socket.ledger().written == 1;
                },
                "the answer is written");
            unsigned flags = 0;
            CHECK(second.read_frame(flags) == "welcome");
            for (int i = 0; i < 16; ++i)
            {
                CHECK(must_receive(socket).back().text() == std::to_string(i));
            }
            kernel.await(Event::Kind::disconnected, 1);
            CHECK(socket.peers().size() == 1);
        }
    }
}
