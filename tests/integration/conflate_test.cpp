// `conflate`: of what waits only the newest is kept.
#include "raw_peer.hpp"
#include "stalled.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <semaphore>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr int count = 100;
const std::string& large = Stalled::large();

// Until the peer's buffers are full and a message has taken another one's place.
void fill(TestKernel& kernel, Socket& socket, const std::string& text)
{
    kernel.await_state(
        [&]
        {
            must_send(socket, Message(std::string_view(text)));
            return socket.ledger().dropped_conflated > 0;
        },
        "the peer's buffers are full");
}

} // namespace

TEST_CASE("conflate: a peer that is slow gets the newest message, and the marks mean nothing")
{
    using Row = std::pair<const char*, const char*>;
    for (const Row& row :
         {Row{"push", "PULL"}, Row{"pub", "SUB"}, Row{"dealer", "DEALER"}, Row{"router", "DEALER"}})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(row.first);
            CAPTURE(threads);
            Stalled stalled(threads, row.first, "conflate true", row.second);
            stalled.fill(
                [&](const error_code& /*error*/)
                {
                    return stalled.socket.ledger().dropped_conflated > 0;
                });
            for (int i = 1; i <= count; ++i)
            {
                CHECK_FALSE(stalled.send(std::to_string(i)));
            }
            const Ledger ledger = stalled.socket.ledger();
            CHECK(ledger.dropped_conflated == dropped_going_out(ledger));
            std::vector<std::string> got;
            Threads reader;
            reader.start(
                [&]
                {
                    got = stalled.read_until(std::to_string(count));
                });
            stalled.kernel.await_state(
                [&]
                {
                    return stalled.socket.ledger().queued == 0;
                },
                "all is written");
            reader.join();
            // The transport may have taken one on the way.
            CHECK(got.size() <= 2);
        }
    }
}

TEST_CASE("conflate: who receives seldom gets the newest message")
{
    for (const char* pattern : {"sub", "pull", "dealer"})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(pattern);
            CAPTURE(threads);
            const bool subscribes = std::string_view(pattern) == "sub";
            const char* other = subscribes ? "pub" : std::string_view(pattern) == "pull" ? "push" : "dealer";
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("to", pattern,
                                         std::string(subscribes ? "subscribe \"\"\n" : "") +
                                             "conflate true\nrecv_hwm 1\nbind tcp://127.0.0.1:*") +
                            socket_lines("from", other)});
            Socket from = kernel["from"];
            Socket to = kernel["to"];
            from.connect(to.last_endpoint());
            REQUIRE(from.wait_for_peers(1, limit));
            if (subscribes)
            {
                REQUIRE(from.wait_for_subscribers("", 1, limit));
            }
            for (int round = 1; round <= 3; ++round)
            {
                for (int i = 1; i <= count; ++i)
                {
                    must_send(from, Message(std::string_view(std::to_string(i))));
                }
                kernel.await_state(
                    [&]
                    {
                        return to.ledger().arrived == static_cast<std::uint64_t>(round) * count;
                    },
                    "all has come");
                CHECK(to.ledger().pending == 1);
                CHECK(text_of(must_receive(to)) == std::to_string(count));
                CHECK(to.ledger().dropped_outdated == static_cast<std::uint64_t>(round) * (count - 1));
            }
        }
    }
}

TEST_CASE("conflate topic: the newest message of each topic is kept, at both ends")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("sub", "sub", "subscribe \"\"\nconflate topic") +
                                      socket_lines("pub", "pub", "conflate topic\nbind tcp://127.0.0.1:*")});
        Socket pub = kernel["pub"];
        Socket sub = kernel["sub"];
        sub.connect(pub.last_endpoint());
        REQUIRE(pub.wait_for_subscribers("", 1, limit));
        const std::array<std::string, 3> topics{"a", "b", "c"};
        for (int i = 1; i <= count; ++i)
        {
            for (const std::string& topic : topics)
            {
                Message message{std::string_view(topic), std::string_view(std::to_string(i))};
                must_send(pub, std::move(message));
            }
        }
        kernel.await_state(
            [&]
            {
                return pub.ledger().queued == 0 && sub.ledger().arrived == pub.ledger().written;
            },
            "all that was not conflated has come");
        CHECK(pub.ledger().written + pub.ledger().dropped_conflated == 3 * count);
        CHECK(sub.ledger().pending == topics.size());
        CHECK(text_of(must_receive(sub), 1) == std::to_string(count));
        // What nobody has received yet can still be outdated.
        const std::uint64_t arrived = sub.ledger().arrived;
        must_send(pub, Message{std::string_view("c"), std::string_view("newer")});
        kernel.await_state(
            [&]
            {
                return sub.ledger().arrived == arrived + 1;
            },
            "the newer one has come");
        CHECK(text_of(must_receive(sub), 1) == std::to_string(count));
        const Message last = must_receive(sub);
        CHECK(text_of(last) == "c");
        CHECK(text_of(last, 1) == "newer");
    }
}

TEST_CASE("conflate: what a lost connection had not written is outdated by what waits, and bytes come back")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push", "conflate true\nreconnect_ivl 5ms\nbackpressure small"),
             .more = "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 100MiB\n}\n}\n"});
        Socket push = kernel["push"];
        RawListener port(16384);
        push.connect(port.endpoint());
        std::binary_semaphore cut(0);
        std::vector<std::string> got;
        Threads other;
        other.start(
            [&]
            {
                RawPeer peer = port.accept();
                peer.shake_hands("PULL");
                cut.acquire();
                peer.reset();
                RawPeer next = port.accept();
                next.shake_hands("PULL");
                unsigned flags = 0;
                got.push_back(next.read_frame(flags));
            });
        REQUIRE(push.wait_for_peers(1, limit));
        // More than any buffer of the operating system takes.
        std::string huge;
        huge.resize(16'000'000, 'x');
        fill(kernel, push, huge);
        must_send(push, Message("newest"));
        const std::uint64_t written = push.ledger().written;
        CHECK(push.ledger().queued > 1); // one in the window
        CHECK(push.budget().used > 0);
        cut.release();
        kernel.await_state(
            [&]
            {
                return push.ledger().queued == 0;
            },
            "all is written");
        other.join();
        CHECK(got == std::vector<std::string>{"newest"});
        CHECK(push.ledger().written == written + 1);
        CHECK(push.ledger().restored > 0);
        CHECK(push.budget().used == 0);
    }
}

TEST_CASE(
    "conflate: a publisher whose budget is used up puts the newer message in the place of the older one")
{
    const auto numbered = [](std::size_t size, int number)
    {
        std::string text(size, 'x');
        const std::string digits = std::to_string(number);
        return text.replace(0, digits.size(), digits);
    };
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        // Two of the large ones, and nothing beside them.
        const std::uint64_t budget = 2 * (large.size() + 50);
        Stalled stalled(threads, "pub", "conflate true\nbackpressure small", "SUB",
                        "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\noversize refuse\nbytes " +
                            std::to_string(budget) + "B\n}\n}\n");
        stalled.fill(
            [&](const error_code& /*error*/)
            {
                return stalled.socket.ledger().dropped_conflated > 0 ||
                       stalled.socket.ledger().dropped_full > 0;
            });
        for (int i = 1; i <= count; ++i)
        {
            // Each is smaller than the one before it, or a little larger.
            CHECK_FALSE(
                stalled.send(numbered(large.size() - (i % 7 == 0 ? 0 : static_cast<std::size_t>(i)), i)));
            CHECK(stalled.socket.budget().used <= budget);
        }
        CHECK(stalled.socket.ledger().dropped_full == 0);
        // There is room for the difference alone, and then not even for that.
        const std::string last = numbered(large.size() - 40, count + 1);
        CHECK_FALSE(stalled.send(last));
        CHECK(stalled.socket.ledger().dropped_full == 0);
        CHECK_FALSE(stalled.send(numbered(large.size() + 200, count + 2)));
        CHECK(stalled.socket.ledger().dropped_full == 1);
        std::string got;
        Threads reader;
        reader.start(
            [&]
            {
                unsigned flags = 0;
                while (got != last)
                {
                    got = stalled.peer.read_frame(flags);
                }
            });
        stalled.kernel.await_state(
            [&]
            {
                return stalled.socket.ledger().queued == 0 && stalled.socket.budget().used == 0;
            },
            "all is written, and the budget is whole");
        reader.join();
    }
}

TEST_CASE("conflate: what a lost peer left does not outdate what was sent later")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push",
                                     "conflate true\nbind {\nendpoint tcp://127.0.0.1:*\nsndbuf "
                                     "16KiB\n}")});
        Socket push = kernel["push"];
        std::array<RawPeer, 2> peers{RawPeer(push.last_endpoint(), 16384),
                                     RawPeer(push.last_endpoint(), 16384)};
        Threads other;
        for (RawPeer& peer : peers)
        {
            other.start(
                [&peer]
                {
                    peer.shake_hands("PULL");
                });
        }
        REQUIRE(push.wait_for_peers(2, limit));
        other.join();
        kernel.await_state(
            [&]
            {
                must_send(push, Message(std::string_view(large)));
                return push.ledger().dropped_conflated > 100;
            },
            "both peers' buffers are full");
        // One for each of them.
        must_send(push, Message("older"));
        must_send(push, Message("newest"));
        peers[0].reset();
        kernel.await_state(
            [&]
            {
                return push.ledger().peers == 1;
            },
            "one is gone");
        std::vector<std::string> got;
        other.start(
            [&]
            {
                got = Stalled::read_until(peers[1], "newest");
            });
        kernel.await_state(
            [&]
            {
                return push.ledger().queued == 0;
            },
            "all is written");
        other.join();
    }
}

TEST_CASE("conflate: what comes to an XPUB is not conflated, and its mark holds")
{
    TestKernel kernel(
        {.sockets = socket_lines("xpub", "xpub", "conflate true\nrecv_hwm 10\nbind tcp://127.0.0.1:*") +
                    socket_lines("xsub", "xsub", "send_hwm 10")});
    Socket xsub = kernel["xsub"];
    Socket xpub = kernel["xpub"];
    xsub.connect(xpub.last_endpoint());
    REQUIRE(xsub.wait_for_peers(1, limit));
    kernel.await_state(
        [&]
        {
            must_send(xsub, Message(std::string_view(large)));
            return xsub.ledger().dropped_full > 100;
        },
        "the sender's mark is reached");
    CHECK(xpub.ledger().pending >= 10);
    CHECK(xpub.ledger().pending < 15);
    CHECK(xpub.ledger().dropped_outdated == 0);
}
