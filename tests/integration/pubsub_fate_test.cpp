// PUB and SUB when things are slow, many, or gone.
#include "content.hpp"
#include "fake_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <semaphore>
#include <span>
#include <string>
#include <thread>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

FakePeer::Manner manner(FakePeer::Version version, std::string pattern)
{
    return {version, std::move(pattern), "", 64};
}

} // namespace

TEST_CASE("a subscriber that does not read loses its own messages and delays nobody")
{
    constexpr int count = 2000;
    const std::string text = body(1, 10'000);
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           // Small buffers for the slow one alone: with them TCP makes everybody slow.
                           .sockets = socket_lines("pub", "pub",
                                                   "bind {\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}\n"
                                                   "bind tcp://127.0.0.1:*") +
                                      socket_lines("good", "sub", "subscribe \"\"\nrecv_hwm 0")});
        Socket server = kernel["pub"];
        RawPeer slow(server.bound().front(), 16384);
        Threads handshake;
        handshake.start(
            [&]
            {
                slow.shake_hands("SUB");
                slow.send(frame("\1", false));
            });
        Socket good = kernel["good"];
        good.connect(server.last_endpoint());
        REQUIRE(server.wait_for_subscribers("", 2, limit));
        handshake.join();
        Threads receiver;
        std::uint64_t received = 0;
        receiver.start(
            [&]
            {
                while (must_receive(good).front().size() > 0)
                {
                    ++received;
                }
            });
        for (int i = 0; i < count; ++i)
        {
            error_code error;
            server.send(std::string_view(text), error); // PUB never waits
            REQUIRE_FALSE(error);
            if (i % 200 == 199)
            {
                // Far below what the good one takes.
                kernel.await_state(
                    [&]
                    {
                        return good.ledger().arrived == static_cast<std::uint64_t>(i) + 1;
                    },
                    "the good one has everything");
            }
        }
        server.send("");
        receiver.join();
        CHECK(received == count);
        CHECK(server.ledger().dropped_full > 0);
        CHECK(server.ledger().queued > 0);
        slow.reset();
        kernel.await(Event::Kind::disconnected);
        CHECK(server.ledger().dropped_peer_lost > 0);
        CHECK(server.ledger().queued == 0);
    }
}

TEST_CASE("a subscriber that takes nothing for stall_timeout is disconnected, and told of; others are not")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pub", "pub",
                                                   "stall_timeout 200ms\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                                   "sndbuf 16KiB\n}") +
                                      socket_lines("sub", "sub", "subscribe \"\"")});
        Socket pub = kernel["pub"];
        Socket sub = kernel["sub"];
        sub.connect(pub.last_endpoint());
        RawPeer stalled(pub.last_endpoint(), 16384);
        Threads handshake;
        handshake.start(
            [&]
            {
                stalled.shake_hands("SUB", "the stalled one");
                stalled.send(frame("\1"));
            });
        REQUIRE(pub.wait_for_subscribers("", 2, limit));
        handshake.join();
        const std::string body(1'000, 'x');
        std::size_t sent = 0;
        kernel.await_state(
            [&]
            {
                must_send(pub, Message(std::string_view(body)));
                ++sent;
                must_receive(sub);
                return pub.ledger().peers == 1;
            },
            "the one that stalls is gone");
        kernel.await(
            [](const Happenings& all)
            {
                return std::ranges::any_of(
                    all,
                    [](const Happening& happening)
                    {
                        return happening.kind == Event::Kind::disconnected &&
                               happening.error == errc::timed_out &&
                               happening.peer.starts_with("127.0.0.1:") &&
                               happening.reason ==
                                   "the peer took nothing for 200 ms, although there was something for it";
                    });
            },
            "an event that says who, and why");
        // The other one got everything.
        CHECK(sub.ledger().delivered == sent);
        CHECK(pub.ledger().dropped_peer_lost > 0);
    }
}

TEST_CASE("a subscriber is not blamed for the time in which nobody drove")
{
    TestKernel kernel({.threads = 0,
                       .sockets = socket_lines("pub", "pub",
                                               "stall_timeout 300ms\nsend_hwm 5\nbind {\nendpoint "
                                               "tcp://127.0.0.1:*\nsndbuf 16KiB\n}")});
    Socket pub = kernel["pub"];
    RawPeer reader(pub.last_endpoint(), 16384);
    Threads peer;
    peer.start(
        [&]
        {
            reader.shake_hands("SUB");
            reader.send(frame("\1"));
        });
    REQUIRE(pub.wait_for_subscribers("", 1, limit));
    peer.join();
    const std::string body(10'000, 'x');
    while (pub.ledger().dropped_full == 0)
    {
        must_send(pub, Message(std::string_view(body)));
    }
    // It reads all there is while time passes and nobody drives.
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(600);
    unsigned flags = 0;
    std::uint64_t read = 0;
    for (; read < pub.ledger().written; ++read)
    {
        REQUIRE(reader.read_frame(flags) == body);
    }
    while (std::chrono::steady_clock::now() < end)
    {
        std::this_thread::yield();
    }
    peer.start(
        [&, kept = pub.ledger().copies - pub.ledger().dropped_full]
        {
            for (; read < kept; ++read)
            {
                REQUIRE(reader.read_frame(flags) == body);
            }
        });
    kernel.await_state(
        [&]
        {
            return pub.ledger().queued == 0;
        },
        "the rest is written");
    peer.join();
    CHECK(pub.ledger().peers == 1);
}

TEST_CASE("a subscriber that pauses for less than stall_timeout, or without a limit, stays")
{
    for (const char* limit_line : {"stall_timeout 1h\n", "stall_timeout 0s\n", "stall_timeout infinite\n"})
    {
        CAPTURE(limit_line);
        TestKernel kernel(
            {.threads = 1,
             .sockets = socket_lines("pub", "pub",
                                     limit_line + std::string("send_hwm 5\nbind {\nendpoint "
                                                              "tcp://127.0.0.1:*\nsndbuf 16KiB\n}"))});
        Socket pub = kernel["pub"];
        RawPeer pausing(pub.last_endpoint(), 16384);
        Threads handshake;
        handshake.start(
            [&]
            {
                pausing.shake_hands("SUB");
                pausing.send(frame("\1"));
            });
        REQUIRE(pub.wait_for_subscribers("", 1, limit));
        handshake.join();
        const std::string body(10'000, 'x');
        kernel.await_state(
            [&]
            {
                must_send(pub, Message(std::string_view(body)));
                return pub.ledger().dropped_full > 0;
            },
            "its queue is full");
        unsigned flags = 0;
        const auto kept = pub.ledger().copies - pub.ledger().dropped_full;
        for (std::uint64_t i = 0; i < kept; ++i)
        {
            REQUIRE(pausing.read_frame(flags) == body);
        }
        CHECK(pub.ledger().peers == 1);
    }
}

TEST_CASE("a batch to a subscriber that reads now and then never waits")
{
    constexpr int batches = 300;
    const std::string text = body(1, 3000);
    const std::vector<Bytes> batch(100, std::as_bytes(std::span(text)));
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("pub", "pub",
                                     "send_hwm 5\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                     "sndbuf 16KiB\n}") +
                        socket_lines("sub", "sub", "subscribe \"\"\nrecv_hwm 2\nrcvbuf 16KiB")});
        Socket server = kernel["pub"];
        Socket sub = kernel["sub"];
        sub.connect(server.last_endpoint());
        REQUIRE(server.wait_for_subscribers("", 1, limit));
        Message message;
        error_code error;
        for (int i = 0; i < batches; ++i)
        {
            REQUIRE(server.send_batch(batch, no_wait, error) == batch.size());
            REQUIRE_FALSE(error);
            sub.receive(message, no_wait, error);
        }
        CHECK(server.ledger().copies == batches * batch.size());
        CHECK(server.ledger().dropped_full > 0);
    }
}

TEST_CASE("a SUB tells its topics again, before anything else, when its publisher comes back")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener;
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("sub", "sub",
                                                   "subscribe a\nsubscribe b\nsubscribe b\nreconnect_ivl "
                                                   "1ms\nconnect " +
                                                       listener.endpoint())});
        Socket sub = kernel["sub"];
        // Of two peers, one of which is gone, messages come in turn.
        std::counting_semaphore<> received{0};
        Threads publisher;
        publisher.start(
            [&]
            {
                for (int life = 0; life < 3; ++life)
                {
                    RawPeer raw = listener.accept();
                    raw.shake_hands("PUB");
                    unsigned flags = 0;
                    CHECK(raw.read_frame(flags) == "\1a");
                    CHECK(raw.read_frame(flags) == "\1b");
                    raw.send(frame("a") + frame("nobody asked for this") + frame("b", true) + frame("2"));
                    REQUIRE(received.try_acquire_for(limit));
                }
            });
        for (int life = 0; life < 3; ++life)
        {
            CHECK(text_of(must_receive(sub)) == "a");
            CHECK(must_receive(sub).size() == 2);
            received.release();
        }
        publisher.join();
        CHECK(sub.ledger().dropped_unwanted == 3);
    }
}

TEST_CASE("partial messages vanish with their connection, whoever sends them")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("sub", "sub", "subscribe \"\"\nbind tcp://127.0.0.1:*") +
                                      socket_lines("xpub", "xpub", "bind tcp://127.0.0.1:*") +
                                      socket_lines("pair", "pair", "bind tcp://127.0.0.1:*")});
        const std::array<std::pair<const char*, const char*>, 3> pairs{
            {{"sub", "PUB"}, {"xpub", "XSUB"}, {"pair", "PAIR"}}};
        for (const auto& pair : pairs)
        {
            const char* const type = pair.second;
            CAPTURE(type);
            Socket socket = kernel[pair.first];
            RawPeer peer(socket.last_endpoint());
            Threads handshake;
            handshake.start(
                [&]
                {
                    peer.shake_hands(type);
                    peer.send(frame("whole") + frame("half", true) + frame("of", true));
                });
            CHECK(text_of(must_receive(socket)) == "whole");
            handshake.join();
            const std::size_t before = kernel.count(Event::Kind::disconnected);
            peer.close();
            kernel.await(Event::Kind::disconnected, before + 1);
            CHECK(socket.ledger().arrived == 1);

            RawPeer next(socket.last_endpoint());
            Threads again;
            again.start(
                [&]
                {
                    next.shake_hands(type);
                    next.send(frame("next"));
                });
            const Message message = must_receive(socket);
            again.join();
            CHECK(message.size() == 1);
            CHECK(text_of(message) == "next");
        }
    }
}

TEST_CASE("a subscriber of 100,000 topics has them all, and gives their memory back")
{
    for (const unsigned threads : {0U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("pub", "pub", "bind tcp://127.0.0.1:*") + socket_lines("sub", "sub")});
        Socket server = kernel["pub"];
        Socket sub = kernel["sub"];
        const auto topic = [](int i)
        {
            return "topic/" + std::to_string(i) + "/";
        };
        for (int i = 0; i < 50'000; ++i)
        {
            sub.subscribe(topic(i));
        }
        sub.connect(server.last_endpoint());
        for (int i = 50'000; i < 100'000; ++i)
        {
            sub.subscribe(topic(i));
        }
        REQUIRE(server.wait_for_subscribers(topic(99'999), 1, limit));
        CHECK(server.topics_count() == 100'000);
        must_send(server, Message(topic(0)));
        must_send(server, Message(topic(100'000)));
        must_send(server, Message(topic(99'999)));
        CHECK(text_of(must_receive(sub)) == topic(0));
        CHECK(text_of(must_receive(sub)) == topic(99'999));
        CHECK(server.ledger().unmatched == 1);
        sub.close(limit);
        kernel.await_state(
            [&]
            {
                return server.topics_count() == 0;
            },
            "the publisher has forgotten everything");
    }
}

TEST_CASE("many subscribers on two loops get what they asked for, whole and in order")
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    constexpr int subscribers = 50;
#else
    constexpr int subscribers = 1000;
#endif
    constexpr int count = 20;
    TestKernel kernel({.threads = 2,
                       .sockets = socket_lines("pub", "pub", "bind tcp://127.0.0.1:*\nbacklog 1000") +
                                  socket_lines("sub", "sub", "subscribe all\nrecv_hwm 0")});
    Socket server = kernel["pub"];
    Socket sub = kernel["sub"];
    for (int i = 0; i < subscribers; ++i)
    {
        sub.connect(server.last_endpoint());
    }
    REQUIRE(server.wait_for_subscribers("all", subscribers, limit));
    const std::string large = body(1, 20'000);
    for (int i = 0; i < count; ++i)
    {
        must_send(server, Message{"all", std::to_string(i), std::string_view(i % 5 == 0 ? large : "small")});
        must_send(server, Message{"none"});
    }
    std::vector<int> copies(count);
    for (int i = 0; i < count * subscribers; ++i)
    {
        const Message message = must_receive(sub);
        REQUIRE(message.size() == 3);
        const int number = std::stoi(text_of(message, 1));
        ++copies[static_cast<std::size_t>(number)];
        REQUIRE(message[2].size() == (number % 5 == 0 ? large.size() : 5));
    }
    CHECK(copies == std::vector<int>(count, subscribers));
    CHECK(server.ledger().copies == static_cast<std::uint64_t>(count * subscribers));
    CHECK(server.ledger().unmatched == count);
    CHECK(server.ledger().dropped_full == 0);
}

TEST_CASE("each copy takes a permit of its own; where there is none it is dropped, and all come back")
{
    const std::string text = body(1, 10'000);
    TestKernel kernel({.threads = 1,
                       .sockets = socket_lines("pub", "pub",
                                               "backpressure budget\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                               "sndbuf 16KiB\n}") +
                                  socket_lines("sub", "sub", "subscribe \"\""),
                       .more = "policies\n{\n budget\n {\n  role backpressure\n  use semaphore\n  bytes "
                               "200KiB\n }\n}\n"});
    Socket server = kernel["pub"];
    RawPeer slow(server.last_endpoint(), 16384);
    Threads handshake;
    handshake.start(
        [&]
        {
            slow.shake_hands("SUB");
            slow.send(frame("\1", false));
        });
    Socket sub = kernel["sub"];
    sub.connect(server.last_endpoint());
    REQUIRE(server.wait_for_subscribers("", 2, limit));
    handshake.join();
    kernel.await_state(
        [&]
        {
            must_send(server, Message{text});
            return server.ledger().dropped_full > 3;
        },
        "the budget is spent");
    CHECK(server.budget().used > 100 * 1024);
    slow.reset();
    kernel.await_state(
        [&]
        {
            return server.budget().used == 0;
        },
        "the permits come back");
    must_send(server, Message{"again"});
    while (text_of(must_receive(sub)) != "again")
    {}
}

TEST_CASE("subscribers of every version are heard, and what a PUB is sent otherwise is dropped")
{
    for (const FakePeer::Version version :
         {FakePeer::Version::zmtp_2_0, FakePeer::Version::zmtp_3_0, FakePeer::Version::zmtp_3_1})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads, .sockets = socket_lines("pub", "pub", "bind tcp://127.0.0.1:*")});
            Socket server = kernel["pub"];
            FakePeer peer(RawPeer(server.last_endpoint()),
                          manner(version, version == FakePeer::Version::zmtp_2_0 ? "SUB" : "XSUB"));
            Threads talk;
            talk.start(
                [&]
                {
                    peer.shake_hands();
                    peer.subscribe("A");
                    peer.subscribe("A");
                    peer.subscribe("B");
                    peer.send({"to nobody"});
                    peer.cancel("A");
                    peer.subscribe("C");
                });
            REQUIRE(server.wait_for_subscribers("C", 1, limit));
            talk.join();
            must_send(server, Message("A1"));
            must_send(server, Message{"B1", "more"});
            Threads hear;
            hear.start(
                [&]
                {
                    CHECK(peer.receive() == FakePeer::Frames{"B1", "more"});
                });
            hear.join();
            CHECK(server.ledger().dropped_unwanted == 1);
            CHECK(server.ledger().unmatched == 1);
        }
    }
}
