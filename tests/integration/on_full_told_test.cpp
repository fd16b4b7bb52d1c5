// What a policy is told of a peer that is full.
#include "raw_peer.hpp"
#include "stalled.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
// What a frame counts beside its bytes: its place in a queue, and its header on the wire.
constexpr std::uint64_t place = 32 + 9;

std::string witness(std::string_view lines)
{
    return "policies\n{\nw\n{\nrole backpressure\nuse witness\n" + std::string(lines) + "\n}\n}\n";
}

// A message of one frame and one of two, in turns.
Message message_of(std::size_t size)
{
    Message message(std::string(size, 'x'));
    if (size % 2 != 0)
    {
        message.push_back(Frame(std::string_view("more")));
    }
    return message;
}

std::uint64_t charge(std::size_t size)
{
    return size + place + (size % 2 != 0 ? 4 + place : 0);
}

// A PUSH whose mark is 5, and whose peer is never there, sends messages of 1, 2, 3 bytes and so on.
class Absent
{
public:
    explicit Absent(std::string_view lines)
        : kernel_(
              {.sockets = socket_lines("push", "push", "send_hwm 5\nbackpressure w"), .more = witness(lines)})
        , push_(kernel_["push"])
    {
        push_.connect("ipc://@spaceframe-nobody-is-there-to-be-told-of");
        for (int i = 0; i < 5; ++i)
        {
            send();
        }
    }

    std::size_t send()
    {
        const std::size_t size = ++sent_;
        must_send(push_, message_of(size));
        return size;
    }

    // `limit` and `waited` are what the policy was told.
    BudgetState told() const
    {
        return push_.budget();
    }

private:
    TestKernel kernel_;
    Socket push_;
    std::size_t sent_ = 0;
};

} // namespace

TEST_CASE("a policy is told how many messages wait for the peer, and their bytes with what each frame costs")
{
    Absent absent("verdict drop_newest");
    const std::uint64_t waits = charge(1) + charge(2) + charge(3) + charge(4) + charge(5);
    for (int i = 0; i < 3; ++i)
    {
        absent.send();
        CHECK(absent.told().waited == 5);
        CHECK(absent.told().limit == waits);
    }
}

TEST_CASE("what was dropped for a newer message is not among the bytes that wait any more")
{
    Absent absent("verdict drop_oldest");
    for (int i = 0; i < 20; ++i)
    {
        const std::size_t size = absent.send();
        std::uint64_t waits = 0;
        for (std::size_t before = size - 5; before < size; ++before)
        {
            waits += charge(before);
        }
        CHECK(absent.told().waited == 5);
        CHECK(absent.told().limit == waits);
    }
}

TEST_CASE("a policy is told the bytes of the message that finds no room")
{
    Absent absent("tells incoming");
    for (int i = 0; i < 4; ++i)
    {
        const std::size_t size = absent.send();
        CHECK(absent.told().limit == charge(size));
    }
}

TEST_CASE("what one subscriber refuses takes nothing away from another that would give up its oldest message")
{
    for (const unsigned threads : all_threads)
    {
        for (const bool refuses_first : {true, false})
        {
            CAPTURE(threads);
            CAPTURE(refuses_first);
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("pub", "pub",
                                         "send_hwm 5\nbackpressure w\nstall_timeout 0s\nbind {\nendpoint "
                                         "tcp://127.0.0.1:*\nsndbuf 16KiB\n}"),
                 .more = witness("verdict drop_oldest\nrefuses_from 600KiB")});
            Socket pub = kernel["pub"];
            std::deque<RawPeer> peers;
            Threads handshake;
            for (const std::string_view topic : {"a", "b"})
            {
                RawPeer& peer = peers.emplace_back(pub.last_endpoint(), 16384);
                handshake.start(
                    [&peer, topic]
                    {
                        peer.shake_hands("SUB");
                        peer.send(frame("\1" + std::string(topic)) + frame("\1c"));
                    });
                REQUIRE(pub.wait_for_subscribers("c", peers.size(), limit));
                handshake.join();
            }
            // The verdict of the first is to drop its oldest, that of the second to refuse, or the other way.
            const auto fill = [&](const char* topic, std::size_t size, const auto& full)
            {
                kernel.await_state(
                    [&]
                    {
                        error_code error;
                        pub.send(Message(topic + std::string(size, 'x')), no_wait, error);
                        return full(error);
                    },
                    "the subscriber is full");
            };
            fill(refuses_first ? "b" : "a", 100'000,
                 [&](const error_code& /*error*/)
                 {
                     return pub.ledger().dropped_oldest > 0;
                 });
            fill(refuses_first ? "a" : "b", 150'000,
                 [](const error_code& error)
                 {
                     return error == errc::no_room;
                 });
            const Ledger before = pub.ledger();
            for (int i = 0; i < 10; ++i)
            {
                error_code error;
                Message message("c");
                pub.send(std::move(message), no_wait, error);
                CHECK(error == errc::no_room);
            }
            CHECK(pub.ledger().dropped_oldest == before.dropped_oldest);
            CHECK(pub.ledger().queued == before.queued);
        }
    }
}

TEST_CASE(
    "what is on its way to the peer is not among the bytes that wait, and what came back from a lost one is")
{
    const std::uint64_t each = Stalled::large().size() + place;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push",
                                                   "send_hwm 5\nbackpressure w\nreconnect_ivl 1h\n"
                                                   "sndbuf 16KiB"),
                           .more = witness("")});
        Socket push = kernel["push"];
        RawListener port(16384);
        push.connect(port.endpoint());
        std::optional<RawPeer> peer;
        Threads handshake;
        handshake.start(
            [&]
            {
                peer.emplace(port.accept());
                peer->shake_hands("PULL");
            });
        REQUIRE(push.wait_for_peers(1, limit));
        handshake.join();
        const auto fill = [&]
        {
            const std::uint64_t dropped = push.ledger().dropped_full;
            kernel.await_state(
                [&]
                {
                    must_send(push, Message(std::string_view(Stalled::large())));
                    return push.ledger().dropped_full > dropped;
                },
                "the peer is full");
            CHECK(push.budget().waited >= 5);
            CHECK(push.budget().limit == push.budget().waited * each);
        };
        fill();
        CHECK(push.budget().waited == 5);
        peer->reset();
        kernel.await(Event::Kind::disconnected);
        fill();
        CHECK(push.budget().waited == push.ledger().queued);
    }
}
