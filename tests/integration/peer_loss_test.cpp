// What becomes of messages whose peer is lost: `on_peer_loss`.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::uint64_t mark = 5;

struct Sender
{
    const char* pattern;
    const char* peer_type;
    bool dials;
};

constexpr std::array<Sender, 8> senders{{{"push", "PULL", false},
                                         {"dealer", "DEALER", false},
                                         {"pair", "PAIR", false},
                                         {"router", "DEALER", false},
                                         {"push", "PULL", true},
                                         {"dealer", "DEALER", true},
                                         {"pair", "PAIR", true},
                                         {"router", "DEALER", true}}};

// Those whose messages another peer may have, or the same one when it is back.
bool can_wait(const Sender& sender)
{
    return sender.dials || sender.pattern != std::string_view("router");
}

template <class Check>
void for_all(Check check)
{
    for (const Sender& sender : senders)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(sender.pattern);
            CAPTURE(sender.dials);
            CAPTURE(threads);
            check(sender, threads);
        }
    }
}

// A socket with a peer that reads nothing, and then is lost. Each message has two frames: a large one, and
// its number.
class Losing
{
public:
    Losing(const Sender& sender, unsigned threads, const std::string& lines)
        : kernel({.threads = threads,
                  .sockets = socket_lines("socket", sender.pattern,
                                          lines + "\nbackpressure budget\nreconnect_ivl 2ms\nsend_hwm " +
                                              std::to_string(mark) + "\n" + extra(sender) +
                                              (sender.dials ? "connect {\nendpoint " + port.endpoint()
                                                            : "bind {\nendpoint tcp://127.0.0.1:*") +
                                              "\nsndbuf 16KiB\n}"),
                  .more = "policies\n{\nbudget\n{\nrole backpressure\nuse semaphore\nbytes 64MiB\n}\n}"})
        , socket(kernel["socket"])
        , sender_(sender)
    {
        join();
    }

    // A peer comes, or comes back.
    void join()
    {
        Threads handshake;
        handshake.start(
            [&]
            {
                sender_.dials ? peer.emplace(port.accept()) : peer.emplace(socket.last_endpoint(), 16384);
                peer->shake_hands(sender_.peer_type, "slow");
            });
        REQUIRE(socket.wait_for_peers(1, limit));
        handshake.join();
    }

    error_code send()
    {
        Message message;
        if (socket.pattern() == "router")
        {
            message.push_back(Frame(name()));
        }
        message.push_back(Frame(std::string_view(large)));
        message.push_back(Frame(std::string_view(std::to_string(next))));
        error_code error;
        socket.send(std::move(message), no_wait, error);
        next += error ? 0U : 1U;
        return error;
    }

    // Sends until the peer is full. What the system buffers is less than one message.
    void fill()
    {
        kernel.await_state(
            [&]
            {
                return send() == errc::would_block;
            },
            "the peer is full");
    }

    void lose()
    {
        peer->reset();
        kernel.await_state(
            [&]
            {
                return socket.ledger().peers == 0;
            },
            "the peer is lost");
    }

    // Permits return just after the ledger says what became of their messages.
    void await_whole_budget()
    {
        kernel.await_state(
            [&]
            {
                return socket.budget().used == 0;
            },
            "the budget is whole");
    }

    // The numbers of the next messages that the peer gets.
    std::vector<std::uint64_t> read(std::uint64_t messages)
    {
        std::vector<std::uint64_t> numbers;
        Threads reader;
        std::atomic<bool> over{false};
        reader.start(
            [&]
            {
                numbers = read_here(messages);
                over = true;
            });
        kernel.await_state(
            [&]
            {
                return over.load();
            },
            "the peer has read them");
        reader.join();
        return numbers;
    }

    // The same, while others drive the socket.
    std::vector<std::uint64_t> read_here(std::uint64_t messages)
    {
        std::vector<std::uint64_t> numbers;
        for (; messages > 0; --messages)
        {
            unsigned flags = 0;
            const std::string first = peer->read_frame(flags);
            numbers.push_back(first == large ? std::stoull(peer->read_frame(flags)) : UINT64_MAX);
        }
        return numbers;
    }

    std::string_view name() const
    {
        return sender_.dials ? "there" : "slow";
    }

    // The numbers of what no transport has taken.
    std::vector<std::uint64_t> unwritten(const Ledger& ledger) const
    {
        std::vector<std::uint64_t> numbers;
        for (std::uint64_t i = ledger.written; i < next; ++i)
        {
            numbers.push_back(i);
        }
        return numbers;
    }

    const std::string large = body(1, 100'000);
    RawListener port{16384};
    TestKernel kernel;
    Socket socket;
    std::optional<RawPeer> peer;
    std::uint64_t next = 0;

private:
    static std::string extra(const Sender& sender)
    {
        return sender.pattern != std::string_view("router") ? ""
               : sender.dials ? "router_mandatory true\nconnect_routing_id there\n"
                              : "router_mandatory true\n";
    }

    const Sender sender_;
};

// Nothing waits for a peer that is lost, and what is sent when it is back arrives.
void check_that_it_goes_on(Losing& losing, const Sender& sender)
{
    const error_code error = losing.send();
    CHECK(error ==
          (sender.pattern == std::string_view("router") ? errc::host_unreachable : errc::would_block));
    losing.await_whole_budget();
    losing.join();
    const std::uint64_t first = losing.next;
    CHECK_FALSE(losing.send());
    CHECK(losing.read(1) == std::vector<std::uint64_t>{first});
}

} // namespace

TEST_CASE("on_peer_loss keep: what was not written waits for the peer that comes next")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            if (!can_wait(sender))
            {
                return;
            }
            Losing losing(sender, threads, "on_peer_loss keep");
            losing.fill();
            losing.lose();
            const Ledger ledger = losing.socket.ledger();
            const auto expected = losing.unwritten(ledger);
            CHECK(ledger.queued == expected.size());
            losing.join();
            CHECK(losing.read(expected.size()) == expected);
            CHECK(dropped_going_out(losing.socket.ledger()) == 0);
        });
}

TEST_CASE("on_peer_loss drop: what was not written is dropped, whole messages of it, and counted")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Losing losing(sender, threads, "on_peer_loss drop");
            losing.fill();
            losing.lose();
            const Ledger ledger = losing.socket.ledger();
            CHECK(ledger.queued == 0);
            CHECK(ledger.dropped_peer_lost == losing.unwritten(ledger).size());
            CHECK(ledger.dropped_peer_lost >= mark - 1);
            check_that_it_goes_on(losing, sender);
        });
}

TEST_CASE("on_peer_loss expire: messages are dropped when they have waited for so long since the loss")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            if (!can_wait(sender))
            {
                return;
            }
            Losing losing(sender, threads, "on_peer_loss expire\npeer_loss_expiry 1ms");
            losing.fill();
            losing.lose();
            losing.kernel.await_state(
                [&]
                {
                    return losing.socket.ledger().queued == 0;
                },
                "their time is over");
            const Ledger ledger = losing.socket.ledger();
            CHECK(ledger.dropped_expired == losing.unwritten(ledger).size());
            CHECK(ledger.dropped_expired == dropped_going_out(ledger));
            check_that_it_goes_on(losing, sender);
        });
}

TEST_CASE("on_peer_loss expire: whoever comes in time gets what waits, in order, and then what is new")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            if (!can_wait(sender))
            {
                return;
            }
            Losing losing(sender, threads, "on_peer_loss expire\npeer_loss_expiry 1h");
            losing.fill();
            std::vector<std::uint64_t> expected;
            for (int round = 0; round < 2; ++round)
            {
                losing.lose();
                CHECK(losing.send()); // nothing more waits for it
                expected = losing.unwritten(losing.socket.ledger());
                losing.join();
            }
            CHECK(losing.read(expected.size()) == expected);
            const std::uint64_t first = losing.next;
            CHECK_FALSE(losing.send());
            CHECK(losing.read(1) == std::vector<std::uint64_t>{first});
            CHECK(dropped_going_out(losing.socket.ledger()) == 0);
        });
}

TEST_CASE("on_peer_loss return: what was not written comes back to the sender, whole and in order")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            Losing losing(sender, threads, "on_peer_loss return");
            Socket socket = losing.socket;
            Message message("nothing");
            error_code error;
            CHECK_FALSE(socket.receive_returned(message, no_wait, error));
            CHECK(error == errc::would_block);
            losing.fill();
            losing.lose();
            const Ledger lost = socket.ledger();
            CHECK(lost.queued == 0);
            const auto expected = losing.unwritten(lost);
            CHECK(lost.returning == expected.size());
            CHECK(lost.returned == 0);
            const std::size_t address = sender.pattern == std::string_view("router") ? 1 : 0;
            for (const std::uint64_t number : expected)
            {
                CHECK(socket.budget().used > 0);
                REQUIRE(socket.receive_returned(message, no_wait, error));
                REQUIRE(message.size() == address + 2);
                CHECK((address == 0 || text_of(message) == losing.name()));
                CHECK(text_of(message, address) == losing.large);
                CHECK(text_of(message, address + 1) == std::to_string(number));
            }
            const Ledger ledger = socket.ledger();
            CHECK(ledger.returning == 0);
            CHECK(ledger.returned == expected.size());
            CHECK(dropped_going_out(ledger) == 0);
            check_that_it_goes_on(losing, sender);
        });
}

TEST_CASE("on_peer_loss return: a call that waits gets what comes back, and ends with the socket")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const Sender sender = senders[0];
        Losing losing(sender, threads, "on_peer_loss return");
        losing.fill();
        std::future<Message> first = async_receive_returned(losing.socket, boost::asio::use_future);
        losing.lose();
        losing.kernel.await_state(
            [&]
            {
                return losing.socket.ledger().returned == 1;
            },
            "it has been told");
        losing.kernel.await_state(
            [&]
            {
                return first.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
            },
            "its handler was called");
        CHECK(text_of(first.get()) == losing.large);
        const std::uint64_t left = losing.socket.ledger().returning;
        CHECK(left >= mark - 2);
        const CloseReport report = losing.socket.close(limit);
        CHECK(report.discarded == left);
        CHECK_FALSE(report.complete);
        CHECK(losing.socket.ledger().dropped_closed == left);
        Message message;
        error_code error;
        CHECK_FALSE(losing.socket.receive_returned(message, limit, error));
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("on_peer_loss return: a socket that is being closed keeps messages for the peer's next connection")
{
    for_all(
        [](const Sender& sender, unsigned threads)
        {
            if (!sender.dials)
            {
                return;
            }
            Losing losing(sender, threads, "on_peer_loss return");
            losing.fill();
            CloseReport report;
            Threads closer;
            closer.start(
                [&]
                {
                    report = losing.socket.close(limit);
                });
            losing.kernel.await_state(
                [&]
                {
                    return losing.send() == errc::terminated;
                },
                "it is being closed");
            losing.lose();
            const Ledger lost = losing.socket.ledger();
            const auto expected = losing.unwritten(lost);
            CHECK(lost.returning == 0);
            CHECK(lost.queued == expected.size());
            std::vector<std::uint64_t> numbers;
            Threads reader;
            reader.start(
                [&]
                {
                    losing.peer.emplace(losing.port.accept());
                    losing.peer->shake_hands(sender.peer_type, "slow");
                    numbers = losing.read_here(expected.size());
                });
            closer.join();
            reader.join();
            CHECK(numbers == expected);
            CHECK(report.complete);
            CHECK(report.discarded == 0);
        });
}

TEST_CASE("on_peer_loss return: what nobody receives is bounded, and what is beyond is dropped and counted")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Losing losing(senders[0], threads, "on_peer_loss return");
        for (int lost = 0; lost < 5; ++lost)
        {
            losing.fill();
            losing.lose();
            losing.join();
        }
        const Ledger ledger = losing.socket.ledger();
        CHECK(ledger.dropped_unclaimed > 0);
        CHECK(ledger.dropped_unclaimed == dropped_going_out(ledger));
        CHECK(ledger.returning >= mark);
        CHECK(ledger.returning < 2 * mark);
        Message message;
        error_code error;
        while (losing.socket.receive_returned(message, no_wait, error))
        {
            CHECK(text_of(message) == losing.large);
        }
        CHECK(error == errc::would_block);
        CHECK(losing.socket.ledger().returned == ledger.returning);
        losing.await_whole_budget();
    }
}
