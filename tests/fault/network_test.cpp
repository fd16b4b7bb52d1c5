// What a network does to a connection: it is slow, it cuts, it goes mute, it forgets one side.
#include "fault_proxy.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Passage = FaultProxy::Passage;
using End = FaultProxy::End;

constexpr std::array<unsigned, 2> all_threads{0, 1};
constexpr std::array<End, 2> all_ends{End::orderly, End::reset};

// A socket that binds, one that dials, and the network between them.
class Pair
{
public:
    Pair(unsigned threads, const char* binds, const char* dials, const std::string& options = {})
        : kernel({.threads = threads,
                  .sockets = socket_lines("server", binds, options + "\nbind tcp://127.0.0.1:*") +
                             socket_lines("client", dials, options + "\nreconnect_ivl 1ms")})
        , server(kernel["server"])
        , client(kernel["client"])
        , network(server.last_endpoint())
    {}

    void connect()
    {
        client.connect(network.endpoint());
        REQUIRE(client.wait_for_peers(1, limit));
        REQUIRE(server.wait_for_peers(1, limit));
    }

    void await_ready(const char* socket, std::size_t count)
    {
        kernel.await(
            [&](const Happenings& happenings)
            {
                std::size_t ready = 0;
                for (const Happening& happening : happenings)
                {
                    ready += happening.kind == Event::Kind::ready && happening.socket == socket ? 1U : 0U;
                }
                return ready >= count;
            },
            "a connection is ready");
    }

    TestKernel kernel;
    Socket server;
    Socket client;
    FaultProxy network;
};

// Three frames: one that is short, one that is long, one that is empty.
Message numbered(std::size_t number)
{
    Message message(std::to_string(number));
    message.push_back(std::string(300, 'x'));
    message.push_back(std::string_view());
    return message;
}

// The number of a message that is whole.
std::size_t number_of(const Message& message)
{
    REQUIRE(message.size() == 3);
    CHECK(text_of(message, 1) == std::string(300, 'x'));
    CHECK(text_of(message, 2).empty());
    return std::stoul(text_of(message, 0));
}

} // namespace

TEST_CASE("messages arrive whole and in order through a network that is slow")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        for (const Passage passage : {Passage::trickle, Passage::late})
        {
            CAPTURE(static_cast<int>(passage));
            Pair pair(threads, "pull", "push");
            pair.network.set_passage(passage);
            pair.connect();
            for (std::size_t i = 0; i < 10; ++i)
            {
                must_send(pair.client, numbered(i));
            }
            for (std::size_t i = 0; i < 10; ++i)
            {
                CHECK(number_of(must_receive(pair.server)) == i);
            }
        }
    }
}

TEST_CASE("a request finds its reply through a network that is slow")
{
    Pair pair(1, "rep", "req");
    pair.network.set_passage(Passage::trickle);
    pair.connect();
    for (std::size_t i = 0; i < 5; ++i)
    {
        must_send(pair.client, numbered(i));
        must_send(pair.server, must_receive(pair.server));
        CHECK(number_of(must_receive(pair.client)) == i);
    }
}

TEST_CASE("a connection that ends after any number of bytes is made again, and only whole messages arrive")
{
    // A greeting and READY are about 100 bytes, the messages 3 * 314.
    for (const End how : all_ends)
    {
        CAPTURE(static_cast<int>(how));
        std::size_t step = 1;
        for (std::size_t bytes = 0; bytes < 1020; bytes += step)
        {
            CAPTURE(bytes);
            Pair pair(bytes % 2 == 0 ? 0 : 1, "pull", "push");
            pair.network.end_next_after(bytes, how);
            pair.client.connect(pair.network.endpoint());
            for (std::size_t i = 0; i < 3; ++i)
            {
                must_send(pair.client, numbered(i));
            }
            pair.kernel.await_state(
                [&]
                {
                    return pair.client.ledger().reconnects + pair.client.ledger().failures >= 1;
                },
                "the connection has ended");
            must_send(pair.client, numbered(3));
            std::size_t next = 0;
            while (next < 4)
            {
                const std::size_t number = number_of(must_receive(pair.server));
                CHECK(number >= next);
                next = number + 1;
            }
            step = bytes < 130 ? 1 : 7;
        }
    }
}

TEST_CASE("heartbeats find out that a peer has gone without a word, and the dialer dials again")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Pair pair(threads, "router", "dealer", "heartbeat_ivl 50ms\nidentity me");
        pair.connect();
        pair.network.vanish(FaultProxy::Side::target);
        pair.await_ready("client", 2);
        pair.await_ready("server", 2);
        must_send(pair.server, Message{"me", "again"});
        CHECK(text_of(must_receive(pair.client)) == "again");
    }
}

TEST_CASE("heartbeats free the identity of a dialer that has gone without a word")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Pair pair(threads, "router", "dealer", "heartbeat_ivl 50ms\nidentity me");
        pair.connect();
        pair.network.vanish(FaultProxy::Side::dialer);
        pair.await_ready("server", 2);
        must_send(pair.client, Message("here"));
        const Message message = must_receive(pair.server);
        CHECK(text_of(message, 0) == "me");
        CHECK(text_of(message, 1) == "here");
    }
}

TEST_CASE("what a subscriber asked for it asks again, whatever the network did")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Pair pair(threads, "pub", "sub");
        pair.client.subscribe("a");
        pair.connect();
        for (std::size_t i = 0; i < 10; ++i)
        {
            REQUIRE(pair.server.wait_for_subscribers("a", 1, limit));
            must_send(pair.server, Message("a" + std::to_string(i)));
            CHECK(text_of(must_receive(pair.client)) == "a" + std::to_string(i));
            pair.network.end(i % 2 == 0 ? End::orderly : End::reset);
            pair.await_ready("server", i + 2);
        }
    }
}

TEST_CASE("a network that lets nothing through makes the sender wait, and loses nothing")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Pair pair(threads, "pull", "push", "send_hwm 5\nrecv_hwm 5");
        pair.connect();
        pair.network.set_passage(Passage::none);
        const std::string large(100'000, 'x');
        constexpr std::size_t too_many = 1000; // for any buffer of the system's
        std::size_t sent = 0;
        error_code full;
        while (!full && sent < too_many)
        {
            pair.client.send(Message(large), std::chrono::milliseconds(20), full);
            sent += full ? 0U : 1U;
        }
        CHECK(full == errc::timed_out);
        pair.network.set_passage(Passage::whole);
        for (std::size_t i = 0; i < sent; ++i)
        {
            CHECK(must_receive(pair.server)[0].size() == large.size());
        }
        must_send(pair.client, Message("the last"));
        CHECK(text_of(must_receive(pair.server)) == "the last");
    }
}
