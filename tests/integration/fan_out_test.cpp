// What goes to several peers: who waits, for whom, and what is lost.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <span>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

Bytes bytes_of(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

} // namespace

TEST_CASE("a proxy drops nothing for a subscriber that keeps up, however much comes at once")
{
    constexpr int count = 5000;
    const std::vector<Bytes> burst(count, bytes_of("hello"));
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pub", "pub", "send_hwm 0") +
                                      socket_lines("in", "xsub", "bind tcp://127.0.0.1:*") +
                                      socket_lines("out", "xpub", "bind tcp://127.0.0.1:*\nsend_hwm 20") +
                                      socket_lines("sub", "sub", "subscribe \"\"\nrecv_hwm 0"),
                           .more = "proxies\n{\np\n{\nfront in\nback out\n}\n}\n"});
        Socket pub = kernel["pub"];
        Socket sub = kernel["sub"];
        pub.connect(kernel["in"].last_endpoint());
        sub.connect(kernel["out"].last_endpoint());
        REQUIRE(pub.wait_for_subscribers("hello", 1, limit));
        error_code error;
        REQUIRE(pub.send_batch(burst, limit, error) == burst.size());
        for (int i = 0; i < count; ++i)
        {
            error_code lost;
            Message message;
            sub.receive(message, limit, lost);
            REQUIRE_FALSE(lost);
        }
        CHECK(kernel["out"].ledger().dropped_full == 0);
        CHECK(kernel["out"].ledger().copies == count);
    }
}

TEST_CASE("with xpub_nodrop a send that waits for a subscriber goes on when that cancels, or is dismissed")
{
    const std::string text = "A" + body(1, 20'000);
    for (const bool manual : {false, true})
    {
        for (const unsigned threads : {1U, 2U})
        {
            CAPTURE(manual);
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("server", "xpub",
                                         std::string("xpub_manual ") + (manual ? "true" : "false") +
                                             "\nxpub_nodrop true\nsend_hwm 5\nbind "
                                             "{\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}")});
            Socket server = kernel["server"];
            RawPeer slow(server.last_endpoint(), 16384);
            Threads handshake;
            handshake.start(
                [&]
                {
                    slow.shake_hands("SUB");
                    slow.send(frame("\1A"));
                });
            CHECK(text_of(must_receive(server)) == "\1A");
            handshake.join();
            if (manual)
            {
                server.subscribe("A");
            }
            error_code full;
            kernel.await_state(
                [&]
                {
                    server.send(Message{text}, no_wait, full);
                    return full == errc::would_block;
                },
                "the subscriber is full");
            // When the first is counted, the second waits.
            const std::vector<Bytes> batch{bytes_of("B"), bytes_of(text)};
            Threads sender;
            sender.start(
                [&]
                {
                    error_code error;
                    Socket(server).send_batch(batch, limit, error);
                    CHECK_FALSE(error);
                });
            kernel.await_state(
                [&]
                {
                    return server.ledger().unmatched == 1;
                },
                "the second message waits");
            if (manual)
            {
                server.unsubscribe("A");
            }
            else
            {
                slow.send(frame(std::string(1, '\0') + "A"));
            }
            sender.join();
            CHECK(server.ledger().unmatched == 2);
        }
    }
}

TEST_CASE("with xpub_nodrop permits that come back let each send go on")
{
    constexpr int count = 5000;
    const std::string text = body(1, 9'000);
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pub", "pub",
                                                   "xpub_nodrop true\nbackpressure budget\nbind "
                                                   "{\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}") +
                                      socket_lines("sub", "sub", "subscribe \"\""),
                           .more = "policies\n{\n budget\n {\n  role backpressure\n  use semaphore\n  bytes "
                                   "10KiB\n }\n}\n"});
        Socket server = kernel["pub"];
        Socket sub = kernel["sub"];
        sub.connect(server.last_endpoint());
        REQUIRE(server.wait_for_subscribers("", 1, limit));
        Threads receiver;
        receiver.start(
            [&]
            {
                for (int i = 0; i < count; ++i)
                {
                    must_receive(sub);
                }
            });
        for (int i = 0; i < count; ++i)
        {
            must_send(server, Message{text});
        }
        receiver.join();
        CHECK(server.ledger().dropped_full == 0);
    }
}

TEST_CASE("the books balance when a kernel closes while a proxy holds what an XPUB could not take")
{
    const std::string text = body(1, 20'000);
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push") +
                                      socket_lines("in", "pull", "bind tcp://127.0.0.1:*") +
                                      socket_lines("out", "xpub",
                                                   "xpub_nodrop true\nsend_hwm 5\nbind {\nendpoint "
                                                   "tcp://127.0.0.1:*\nsndbuf 16KiB\n}"),
                           .more = "proxies\n{\np\n{\nfront in\nback out\n}\n}\n"});
        Socket out = kernel["out"];
        Socket push = kernel["push"];
        push.connect(kernel["in"].last_endpoint());
        RawPeer slow(out.last_endpoint(), 16384);
        Threads handshake;
        handshake.start(
            [&]
            {
                slow.shake_hands("SUB");
                slow.send(frame("\1"));
            });
        REQUIRE(out.wait_for_subscribers("", 1, limit));
        handshake.join();
        kernel.await_state(
            [&]
            {
                error_code error;
                push.send(Message{text}, no_wait, error);
                return kernel["in"].ledger().delivered > out.ledger().accepted && out.ledger().queued >= 5;
            },
            "the proxy holds a message");
        kernel.close();
        CHECK(out.ledger().dropped_closed > 0);
    }
}

TEST_CASE("subscriptions take effect at an XPUB whose application never receives, and do not pile up")
{
    constexpr int count = 500;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("xpub", "xpub", "recv_hwm 10\nbind tcp://127.0.0.1:*") +
                                      socket_lines("sub", "sub") +
                                      socket_lines("other", "sub", "subscribe stays")});
        Socket server = kernel["xpub"];
        Socket sub = kernel["sub"];
        kernel["other"].connect(server.last_endpoint());
        sub.connect(server.last_endpoint());
        REQUIRE(server.wait_for_subscribers("stays", 1, limit));
        for (int i = 0; i < count; ++i)
        {
            const std::string topic = std::to_string(i) + "/";
            sub.subscribe(topic);
            REQUIRE(server.wait_for_subscribers(topic, 1, limit));
            sub.unsubscribe(topic);
        }
        sub.subscribe("end");
        REQUIRE(server.wait_for_subscribers("end", 1, limit));
        CHECK(server.topics_count() == 2);
        CHECK(server.ledger().pending <= 12);
        std::vector<std::string> heard;
        while (heard.empty() || heard.back() != "\1end")
        {
            heard.push_back(text_of(must_receive(server)));
        }
        CHECK(heard.front() == "\1stays");
        sub.close(limit);
        CHECK(text_of(must_receive(server)) == std::string(1, '\0') + "end");
    }
}

TEST_CASE("subscriptions that come and go do not pile up for a publisher that does not read")
{
    RawListener listener(16384);
    TestKernel kernel(
        {.threads = 1,
         .sockets =
             socket_lines("sub", "sub", "connect {\nendpoint " + listener.endpoint() + "\nsndbuf 16KiB\n}")});
    Socket sub = kernel["sub"];
    RawPeer publisher = listener.accept();
    Threads handshake;
    handshake.start(
        [&]
        {
            publisher.shake_hands("PUB");
        });
    REQUIRE(sub.wait_for_peers(1, limit));
    handshake.join();
    constexpr int count = 100'000;
    const std::string topic(100, 't');
    for (int i = 0; i < count; ++i)
    {
        sub.subscribe(topic);
        sub.unsubscribe(topic);
    }
    sub.subscribe("end");
    int told = 0;
    unsigned flags = 0;
    while (publisher.read_frame(flags) != "\1end")
    {
        ++told;
    }
    CHECK(told < count);
}
