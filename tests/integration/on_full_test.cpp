// What a message means that finds its peer full: `on_full`.
#include "raw_peer.hpp"
#include "stalled.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <semaphore>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::uint64_t mark = Stalled::mark;
const std::string& large = Stalled::large();

struct Sender
{
    const char* pattern;
    const char* peer_type;
};

// One of each way out.
constexpr std::array<Sender, 4> senders{
    {{"push", "PULL"}, {"dealer", "ROUTER"}, {"router", "DEALER"}, {"pub", "SUB"}}};

template <class Check>
void for_all(Check check)
{
    for (const Sender& sender : senders)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(sender.pattern);
            CAPTURE(threads);
            check(sender, threads);
        }
    }
}

} // namespace

TEST_CASE("on_full wait: no message is dropped, and a send that may not wait is not taken")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full wait", sender.peer_type);
            stalled.fill(
                [](const error_code& error)
                {
                    return error == errc::would_block;
                });
            CHECK(stalled.socket.ledger().queued == mark);
            CHECK(dropped_going_out(stalled.socket.ledger()) == 0);
        });
}

TEST_CASE("on_full refuse: the send fails at once, however patient it is, and the message stays the caller's")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full refuse", sender.peer_type);
            stalled.fill(
                [](const error_code& error)
                {
                    return error == errc::no_room;
                });
            std::vector<Message> batch;
            for (int i = 0; i < 3; ++i)
            {
                batch.emplace_back();
                if (std::string_view(sender.pattern) == "router")
                {
                    batch.back().push_back(Frame(std::string_view("slow")));
                }
                batch.back().push_back(Frame(std::string_view("kept")));
            }
            const std::uint64_t accepted = stalled.socket.ledger().accepted;
            error_code error;
            const std::size_t sent = stalled.socket.send_batch(batch, limit, error);
            CHECK(sent == stalled.socket.ledger().accepted - accepted);
            CHECK(sent < batch.size());
            CHECK(error == errc::no_room);
            CHECK(text_of(batch.back(), batch.back().size() - 1) == "kept");
            CHECK(dropped_going_out(stalled.socket.ledger()) == 0);
        });
}

TEST_CASE("on_full drop_newest: the peer gets what came first")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full drop_newest", sender.peer_type);
            stalled.fill(
                [&](const error_code& error)
                {
                    return error || stalled.socket.ledger().dropped_full > 0;
                });
            for (int i = 0; i < 10; ++i)
            {
                CHECK_FALSE(stalled.send(std::to_string(i)));
            }
            const Ledger ledger = stalled.socket.ledger();
            CHECK(ledger.queued <= mark);
            CHECK(ledger.dropped_full > 0);
            CHECK(ledger.dropped_full == dropped_going_out(ledger));
            CHECK(ledger.accepted_bytes == (ledger.accepted - 10) * large.size() + 10);
        });
}

TEST_CASE("on_full drop_oldest: the peer gets what is newest, in order, and the mark holds")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full drop_oldest", sender.peer_type);
            stalled.fill(
                [&](const error_code& error)
                {
                    return error || stalled.socket.ledger().dropped_oldest > 0;
                });
            for (int i = 0; i < 10; ++i)
            {
                CHECK_FALSE(stalled.send(std::to_string(i)));
            }
            const Ledger ledger = stalled.socket.ledger();
            CHECK(ledger.queued >= mark);
            CHECK(ledger.dropped_oldest == dropped_going_out(ledger));
            std::vector<std::string> got;
            Threads reader;
            reader.start(
                [&]
                {
                    got = stalled.read_until("9");
                });
            stalled.kernel.await_state(
                [&]
                {
                    return stalled.socket.ledger().queued == 0;
                },
                "all is written");
            reader.join();
            CHECK(got.size() >= mark);
            CHECK(got.size() <= 10);
            for (std::size_t i = 0; i < got.size(); ++i)
            {
                CHECK(got[i] == std::to_string(10 - got.size() + i));
            }
        });
}

TEST_CASE("on_full disconnect: the peer goes, with an event that says why")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full disconnect", sender.peer_type);
            stalled.fill(
                [&](const error_code& /*error*/)
                {
                    return stalled.socket.ledger().peers == 0;
                });
            stalled.kernel.await(
                [](const Happenings& all)
                {
                    return std::ranges::any_of(all,
                                               [](const Happening& happening)
                                               {
                                                   return happening.kind == Event::Kind::disconnected &&
                                                          happening.error == errc::no_room &&
                                                          happening.reason.find("on_full") !=
                                                              std::string::npos;
                                               });
                },
                "the peer is disconnected because it is full");
            CHECK(stalled.kernel.count(Event::Kind::disconnected) == 1);
        });
}

TEST_CASE("where on_full says nothing, a policy decides, and is told how long the oldest message has waited")
{
    const auto policy = [](const char* lines)
    {
        return std::string("policies\n{\nfresh\n{\nrole backpressure\nuse age\n") + lines + "\n}\n}\n";
    };
    for_all(
        [&](const Sender& sender, unsigned threads)
        {
            {
                Stalled stalled(threads, sender.pattern, "backpressure fresh", sender.peer_type,
                                policy("max_age 10ms"));
                stalled.fill(
                    [&](const error_code& /*error*/)
                    {
                        return stalled.socket.ledger().dropped_oldest > 0;
                    });
            }
            Stalled stalled(threads, sender.pattern, "backpressure fresh", sender.peer_type,
                            policy("max_age 1h\notherwise refuse"));
            stalled.fill(
                [](const error_code& error)
                {
                    return error == errc::no_room;
                });
            CHECK(dropped_going_out(stalled.socket.ledger()) == 0);
        });
}

TEST_CASE("on_full speaks of peers: where there is none yet, a PUSH waits, whatever it says")
{
    for (const char* verdict : {"refuse", "drop_newest", "drop_oldest", "disconnect"})
    {
        CAPTURE(verdict);
        TestKernel kernel({.sockets = socket_lines("push", "push", std::string("on_full ") + verdict)});
        Socket push = kernel["push"];
        error_code error;
        push.send(Message("to nobody"), no_wait, error);
        CHECK(error == errc::would_block);
    }
}

TEST_CASE("messages that wait for a peer that was never there are dropped as on_full says")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push", "on_full drop_oldest\nsend_hwm 5\nreconnect_ivl 5ms")});
        Socket push = kernel["push"];
        RawListener port;
        push.connect(port.endpoint());
        for (int i = 0; i < 20; ++i)
        {
            must_send(push, Message(std::string_view(std::to_string(i))));
        }
        CHECK(push.ledger().queued == mark);
        CHECK(push.ledger().dropped_oldest == 20 - mark);
        Threads reader;
        reader.start(
            [&]
            {
                RawPeer peer = port.accept();
                peer.shake_hands("PULL");
                for (int i = 15; i < 20; ++i)
                {
                    unsigned flags = 0;
                    if (peer.read_frame(flags) != std::to_string(i))
                    {
                        throw std::runtime_error("wrong message");
                    }
                }
            });
        kernel.await_state(
            [&]
            {
                return push.ledger().written == mark;
            },
            "all is written");
        reader.join();
    }
}

TEST_CASE("what a lost peer left does not keep others waiting where on_full says that nobody waits")
{
    for (const char* verdict : {"drop_newest", "drop_oldest", "refuse"})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(verdict);
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("push", "push",
                                         std::string("send_hwm 5\non_full ") + verdict +
                                             "\nbind {\nendpoint tcp://127.0.0.1:*\nsndbuf 16KiB\n}")});
            Socket push = kernel["push"];
            RawPeer one(push.last_endpoint(), 16384);
            RawPeer other(push.last_endpoint(), 16384);
            Threads handshakes;
            handshakes.start(
                [&]
                {
                    one.shake_hands("PULL");
                });
            handshakes.start(
                [&]
                {
                    other.shake_hands("PULL");
                });
            REQUIRE(push.wait_for_peers(2, limit));
            handshakes.join();
            kernel.await_state(
                [&]
                {
                    error_code error;
                    push.send(Message(std::string_view(large)), no_wait, error);
                    return error == errc::no_room || dropped_going_out(push.ledger()) > 20;
                },
                "both are full");
            one.reset();
            kernel.await_state(
                [&]
                {
                    return push.ledger().peers == 1;
                },
                "one is gone");
            error_code error;
            push.send(Message("after"), no_wait, error);
            CHECK(error != errc::would_block);
            const std::uint64_t small = error ? 0 : 1;
            const Ledger ledger = push.ledger();
            CHECK(ledger.accepted_bytes == (ledger.accepted - small) * large.size() + small * 5);
        }
    }
}

TEST_CASE("the mark of bytes counts what waits, not what is on its way: drop_oldest keeps the newest")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Stalled stalled(threads, sender.pattern, "on_full drop_oldest\nsend_hwm_bytes 50KiB",
                            sender.peer_type);
            stalled.fill(
                [&](const error_code& /*error*/)
                {
                    return dropped_going_out(stalled.socket.ledger()) > 10;
                });
            CHECK(stalled.socket.ledger().dropped_full == 0);
            CHECK_FALSE(stalled.send("last"));
            Threads reader;
            reader.start(
                [&]
                {
                    stalled.read_until("last");
                });
            stalled.kernel.await_state(
                [&]
                {
                    return stalled.socket.ledger().queued == 0;
                },
                "all is written");
            reader.join();
        });
}

TEST_CASE("what a lost connection gives back does not lift the mark")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push",
                                     "on_full drop_oldest\nsend_hwm 5\nreconnect_ivl 1h\nsndbuf 16KiB")});
        Socket push = kernel["push"];
        RawListener port(16384);
        push.connect(port.endpoint());
        // All of them go on their way together.
        const std::string text = body(1, 20'000);
        for (std::uint64_t i = 0; i < mark; ++i)
        {
            must_send(push, Message(std::string_view(text)));
        }
        std::binary_semaphore cut(0);
        Threads other;
        other.start(
            [&]
            {
                RawPeer peer = port.accept();
                peer.shake_hands("PULL");
                cut.acquire();
                peer.reset();
            });
        kernel.await_state(
            [&]
            {
                return push.ledger().written_bytes > text.size();
            },
            "they are being written");
        for (std::uint64_t i = 0; i < mark - 1; ++i)
        {
            must_send(push, Message(std::string_view(text)));
        }
        cut.release();
        kernel.await(Event::Kind::disconnected);
        other.join();
        std::vector<Message> batch;
        for (int i = 0; i < 100; ++i)
        {
            batch.emplace_back(std::string_view("small"));
        }
        error_code error;
        push.send_batch(batch, no_wait, error);
        CHECK_FALSE(error);
        CHECK(push.ledger().queued == mark);
    }
}

TEST_CASE("a policy that decides is not asked by patterns to which it means nothing")
{
    TestKernel kernel({.sockets = socket_lines("xsub", "xsub",
                                               "backpressure fresh\nsend_hwm 5\nbind {\nendpoint "
                                               "tcp://127.0.0.1:*\nsndbuf 16KiB\n}"),
                       .more = "policies\n{\nfresh\n{\nrole backpressure\nuse age\nmax_age 10ms\n}\n}\n"});
    Socket xsub = kernel["xsub"];
    RawPeer peer(xsub.last_endpoint(), 16384);
    Threads handshake;
    handshake.start(
        [&]
        {
            peer.shake_hands("XPUB");
        });
    REQUIRE(xsub.wait_for_peers(1, limit));
    handshake.join();
    kernel.await_state(
        [&]
        {
            must_send(xsub, Message(std::string_view(large)));
            return xsub.ledger().dropped_full > 10;
        },
        "the peer is full");
    xsub.subscribe("topic");
    must_send(xsub, Message(std::string_view(large)));
    CHECK(xsub.ledger().queued == mark);
    CHECK(xsub.ledger().dropped_oldest == 0);
}
