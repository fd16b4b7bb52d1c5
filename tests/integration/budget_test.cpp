// A budget of bytes: permits wait, are granted, and come back whatever happens.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
const std::string policies =
    "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 64KiB\noversize refuse\n}\n}\n";
const std::string large(20'000, 'x');

} // namespace

TEST_CASE("a permit waits until bytes were written, and the budget is whole again in the end")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "backpressure small\nreconnect_ivl 5ms") +
                                      socket_lines("pull", "pull"),
                           .more = policies});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        RawListener port;
        push.connect(port.endpoint());
        for (int i = 0; i < 3; ++i)
        {
            must_send(push, Message(std::string_view(large)));
        }
        CHECK(push.budget().used > 60'000);
        CHECK(push.budget().limit == 65536);
        error_code error;
        push.send(Message(std::string_view(large)), no_wait, error);
        CHECK(error == errc::would_block);
        push.send(Message(std::string_view(large)), 20ms, error);
        CHECK(error == errc::timed_out);
        CHECK(push.budget().waiting == 0);
        push.send(Message(std::string(70'000, 'y')), limit, error);
        CHECK(error == errc::too_large);

        Threads sender;
        sender.start(
            [&]
            {
                must_send(push, Message("the last"));
                must_send(push, Message(std::string_view(large)));
            });
        kernel.await_state(
            [&]
            {
                return push.budget().waiting == 1;
            },
            "a permit waits");
        RawPeer peer = port.accept();
        Threads reader;
        reader.start(
            [&]
            {
                peer.shake_hands("PULL");
                for (int i = 0; i < 5; ++i)
                {
                    unsigned flags = 0;
                    peer.read_frame(flags);
                }
            });
        sender.join();
        push.flush(limit, error);
        CHECK_FALSE(error);
        reader.join();
        CHECK(push.budget().used == 0);
        CHECK(push.budget().waited >= 1);
    }
}

TEST_CASE("what a socket holds of the kernel's budget the others wait for, also for copies")
{
    for (const char* type : {"push", "xpub"})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(type);
            CAPTURE(threads);
            const bool publishes = type == std::string_view("xpub");
            TestKernel kernel(
                {.threads = threads,
                 .kernel = "backpressure small\n",
                 .sockets = socket_lines("first", "push", "reconnect_ivl 5ms") +
                            socket_lines("other", type,
                                         std::string(publishes ? "xpub_nodrop true\n" : "") +
                                             "bind tcp://127.0.0.1:*\nbackpressure small") +
                            socket_lines("in", publishes ? "sub" : "pull", publishes ? "subscribe \"\"" : ""),
                 .more = policies});
            Socket first = kernel["first"];
            Socket other = kernel["other"];
            Socket in = kernel["in"];
            in.connect(other.last_endpoint());
            REQUIRE(other.wait_for_peers(1, limit));
            REQUIRE((!publishes || other.wait_for_subscribers("", 1, limit)));
            RawListener port;
            first.connect(port.endpoint());
            for (int i = 0; i < 3; ++i)
            {
                must_send(first, Message(std::string_view(large)));
            }
            CHECK(kernel->budget().used > 60'000);
            CHECK(kernel->budget().limit == 65536);
            CHECK(first.budget().limit == UINT64_MAX);
            error_code error;
            other.send(Message(std::string_view(large)), no_wait, error);
            CHECK(error == errc::would_block);
            other.send(Message(std::string_view(large)), 20ms, error);
            CHECK(error == errc::timed_out);
            CHECK(kernel->budget().waiting == 0);
            CHECK(other.budget().used == 0);

            Threads work;
            work.start(
                [&]
                {
                    must_send(other, Message(std::string_view(large)));
                });
            kernel.await_state(
                [&]
                {
                    return kernel->budget().waiting == 1;
                },
                "a permit waits");
            work.start(
                [&]
                {
                    RawPeer peer = port.accept();
                    peer.shake_hands("PULL");
                    for (int i = 0; i < 3; ++i)
                    {
                        unsigned flags = 0;
                        peer.read_frame(flags);
                    }
                });
            CHECK(must_receive(in).byte_size() == large.size());
            first.flush(limit, error);
            CHECK_FALSE(error);
            other.flush(limit, error);
            CHECK_FALSE(error);
            work.join();
            CHECK(kernel->budget().used == 0);
            CHECK(other.budget().used == 0);
        }
    }
}

TEST_CASE("senders that share a budget all get on, also those that need permits for several copies")
{
    constexpr int messages = 60;
    TestKernel kernel(
        {.threads = 2,
         .kernel = "backpressure small\n",
         .sockets =
             socket_lines("one", "xpub", "xpub_nodrop true\nbackpressure small\nbind tcp://127.0.0.1:*") +
             socket_lines("two", "xpub", "xpub_nodrop true\nbind tcp://127.0.0.1:*") +
             socket_lines("three", "push", "bind tcp://127.0.0.1:*") +
             socket_lines("sub1", "sub", "subscribe \"\"") + socket_lines("sub2", "sub", "subscribe \"\"") +
             socket_lines("pull", "pull"),
         .more = policies});
    const std::array<std::pair<const char*, std::vector<const char*>>, 3> senders{
        {{"one", {"sub1", "sub2"}}, {"two", {"sub1", "sub2"}}, {"three", {"pull"}}}};
    Threads work;
    for (const auto& sender : senders)
    {
        Socket out = kernel[sender.first];
        for (const char* const receiver : sender.second)
        {
            kernel[receiver].connect(out.last_endpoint());
        }
        REQUIRE(out.wait_for_peers(sender.second.size(), limit));
        REQUIRE((out.pattern() == "push" || out.wait_for_subscribers("", 2, limit)));
    }
    for (const auto& sender : senders)
    {
        for (int thread = 0; thread < 2; ++thread)
        {
            work.start(
                [out = kernel[sender.first]]() mutable
                {
                    for (int i = 0; i < messages; ++i)
                    {
                        must_send(out, Message(std::string_view(large)));
                    }
                });
        }
    }
    for (const char* const receiver : {"sub1", "sub2", "pull"})
    {
        work.start(
            [in = kernel[receiver], receiver]() mutable
            {
                for (int i = 0; i < (receiver == std::string_view("pull") ? 2 : 4) * messages; ++i)
                {
                    CHECK(must_receive(in).byte_size() == large.size());
                }
            });
    }
    work.join();
    kernel.await_state(
        [&]
        {
            return kernel->budget().used == 0;
        },
        "the budget is whole again");
    CHECK(kernel["one"].budget().used == 0);
    CHECK(kernel->budget().waited > 0);
}

TEST_CASE("permits of messages that die with their peer come back")
{
    for (const char* type : {"router", "push", "dealer"})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(type);
            CAPTURE(threads);
            TestKernel kernel({.threads = threads,
                               .sockets = socket_lines("out", type,
                                                       "backpressure small\nbind {\n"
                                                       "endpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}"),
                               .more = policies});
            Socket out = kernel["out"];
            const bool routed = type == std::string_view("router");
            RawPeer peer(out.last_endpoint(), 16384);
            Threads handshake;
            handshake.start(
                [&]
                {
                    peer.shake_hands(type == std::string_view("push") ? "PULL" : "DEALER", "peer");
                });
            REQUIRE(out.wait_for_peers(1, limit));
            handshake.join();
            error_code error;
            kernel.await_state(
                [&]
                {
                    // Small ones and large ones, so that some are in the window and some in the queue.
                    Message message(std::string_view(large).substr(0, 3'000));
                    if (routed)
                    {
                        message.push_front(Frame("peer"));
                    }
                    out.send(std::move(message), no_wait, error);
                    return error == errc::would_block && out.budget().used > 60'000;
                },
                "the budget is used up");
            peer.reset();
            kernel.await(Event::Kind::disconnected);
            if (routed)
            {
                CHECK(out.budget().used == 0);
                CHECK(out.ledger().dropped_peer_lost > 0);
            }
            else
            {
                CHECK(out.ledger().queued > 0);
                CHECK(out.budget().used > 0);
            }
        }
    }
}

TEST_CASE("sockets with the same policy have a budget each")
{
    TestKernel kernel({.threads = 1,
                       .sockets = socket_lines("first", "push", "backpressure small") +
                                  socket_lines("second", "push", "backpressure small"),
                       .more = policies});
    RawListener port;
    for (const char* const name : {"first", "second"})
    {
        Socket push = kernel[name];
        push.connect(port.endpoint());
        for (int i = 0; i < 3; ++i)
        {
            must_send(push, Message(std::string_view(large)));
        }
        CHECK(push.budget().used > 60'000);
    }
}
