// What takes too long is given up: one deadline for the whole of it, whatever happens meanwhile.
#include "content.hpp"
#include "fault_proxy.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::array<unsigned, 2> all_threads{0, 1};
// Bytes of some heartbeats; a handshake has less.
constexpr std::uint64_t some_heartbeats = 200;

struct Partners
{
    const char* ours;
    const char* theirs;
};

constexpr std::array<Partners, 11> all_partners{{{"req", "rep"},
                                                 {"rep", "req"},
                                                 {"dealer", "router"},
                                                 {"router", "dealer"},
                                                 {"pub", "sub"},
                                                 {"sub", "pub"},
                                                 {"xpub", "xsub"},
                                                 {"xsub", "xpub"},
                                                 {"push", "pull"},
                                                 {"pull", "push"},
                                                 {"pair", "pair"}}};

std::size_t count(const Happenings& happenings, Event::Kind kind, error_code error)
{
    return static_cast<std::size_t>(std::count_if(happenings.begin(), happenings.end(),
                                                  [&](const Happening& happening)
                                                  {
                                                      return happening.socket == "ours" &&
                                                             happening.kind == kind &&
                                                             happening.error == error;
                                                  }));
}

// What each side's manifest says of heartbeats.
struct Beats
{
    const char* ours;
    const char* theirs;
};

constexpr Beats we_ask{"heartbeat_ivl 50ms", ""};
constexpr Beats they_promise{"", "heartbeat_ivl 1ms\nheartbeat_timeout 20s\nheartbeat_ttl 100ms"};

// PINGs of the other side, or its answers to ours.
void await_heartbeats(TestKernel& kernel)
{
    const Socket ours = kernel["ours"];
    const std::uint64_t before = ours.ledger().arrived_bytes;
    kernel.await_state(
        [&]
        {
            return ours.ledger().arrived_bytes > before + some_heartbeats;
        },
        "heartbeats come");
}

// The other side goes without a word, and is found out; who dials then dials again.
void find_out(const Partners& partners, unsigned threads, bool ours_binds, const Beats& beats)
{
    const char* const binds = ours_binds ? "ours" : "theirs";
    const char* const dials = ours_binds ? "theirs" : "ours";
    TestKernel kernel(
        {.threads = threads,
         .sockets =
             socket_lines("ours", partners.ours, std::string(beats.ours) + "\nreconnect_ivl 1ms") +
             socket_lines("theirs", partners.theirs, std::string(beats.theirs) + "\nreconnect_ivl 1ms")});
    Socket bound = kernel[binds];
    Socket dialled = kernel[dials];
    FaultProxy network(bound.bind("tcp://127.0.0.1:*"));
    dialled.connect(network.endpoint());
    kernel.await(
        [](const Happenings& happenings)
        {
            return count(happenings, Event::Kind::ready, {}) >= 1;
        },
        "the sockets find each other");
    if (!std::string_view(beats.theirs).empty())
    {
        await_heartbeats(kernel);
    }
    const std::size_t timed_out =
        count(kernel.happenings(), Event::Kind::disconnected, make_error_code(errc::timed_out));
    std::size_t gone = 0;
    kernel.await(
        [&](const Happenings& happenings)
        {
            const std::size_t met = count(happenings, Event::Kind::ready, {});
            const bool found_out =
                count(happenings, Event::Kind::disconnected, make_error_code(errc::timed_out)) > timed_out;
            if (!found_out && met > gone)
            {
                // Once more where a busy machine made them lose each other before.
                gone = met;
                network.vanish(ours_binds ? FaultProxy::Side::dialer : FaultProxy::Side::target);
            }
            return found_out && met >= timed_out + 2;
        },
        "the loss is found out, and the sockets find each other again");
}

// Nobody says a word, but PINGs and their answers.
void keep(const Partners& partners, unsigned threads)
{
    TestKernel kernel(
        {.threads = threads,
         .sockets = socket_lines("ours", partners.ours, "heartbeat_ivl 1ms\nheartbeat_timeout 20s") +
                    socket_lines("theirs", partners.theirs, "bind tcp://127.0.0.1:*")});
    Socket ours = kernel["ours"];
    ours.connect(kernel["theirs"].last_endpoint());
    kernel.await(Event::Kind::ready, 2);
    await_heartbeats(kernel);
    CHECK(kernel.count(Event::Kind::disconnected) == 0);
}

} // namespace

TEST_CASE("PINGs of every pattern are answered")
{
    for (const Partners& partners : all_partners)
    {
        CAPTURE(std::string(partners.ours));
        for (const unsigned threads : all_threads)
        {
            CAPTURE(threads);
            keep(partners, threads);
        }
    }
}

TEST_CASE("who promised every pattern by a TTL to be heard of and has gone is found out")
{
    for (const Partners& partners : all_partners)
    {
        CAPTURE(std::string(partners.ours));
        for (const bool ours_binds : {false, true})
        {
            CAPTURE(ours_binds);
            find_out(partners, 1, ours_binds, they_promise);
        }
    }
}

TEST_CASE("heartbeats of every pattern find out that the side that was dialled has gone")
{
    for (const Partners& partners : all_partners)
    {
        CAPTURE(std::string(partners.ours));
        for (const unsigned threads : all_threads)
        {
            CAPTURE(threads);
            find_out(partners, threads, false, we_ask);
        }
    }
}

TEST_CASE("heartbeats of every pattern find out that the side that dialled has gone")
{
    for (const Partners& partners : all_partners)
    {
        CAPTURE(std::string(partners.ours));
        for (const unsigned threads : all_threads)
        {
            CAPTURE(threads);
            find_out(partners, threads, true, we_ask);
        }
    }
}

TEST_CASE("a batch has one deadline, however often it had to wait and went on")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        constexpr std::size_t total = 80;
        constexpr std::size_t size = 100'000;
        constexpr auto timeout = 200ms;
        constexpr auto pause = 10ms;
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "send_hwm 1") +
                                      socket_lines("pull", "pull",
                                                   "recv_hwm 1\nbind ipc://@spaceframe-batch-" +
                                                       std::to_string(::getpid()))});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        push.connect(pull.last_endpoint());
        REQUIRE(push.wait_for_peers(1, limit));
        // Takes a message now and then: all of them would take much longer than the timeout.
        Threads receiver;
        std::atomic<bool> over{false};
        std::atomic<std::size_t> received{0};
        receiver.start(
            [&]
            {
                const auto begun = std::chrono::steady_clock::now();
                while (!over)
                {
                    std::this_thread::sleep_until(begun + pause * static_cast<int>(received.load()));
                    Message message;
                    error_code error;
                    received += pull.receive(message, 1ms, error) ? 1U : 0U;
                }
            });
        std::vector<Message> batch;
        for (std::size_t i = 0; i < total; ++i)
        {
            batch.push_back(make_message(i, {size, 0}));
        }
        const auto begun = std::chrono::steady_clock::now();
        error_code error;
        const std::size_t sent = push.send_batch(batch, timeout, error);
        CHECK(std::chrono::steady_clock::now() - begun >= timeout);
        over = true;
        receiver.join();
        CHECK(error == errc::timed_out);
        CHECK(sent < total);
        // Of those that were not sent each is as it was; of the others each arrives.
        for (std::size_t i = 0; i < total; ++i)
        {
            CHECK(batch[i].empty() == (i < sent));
        }
        for (; received < sent; ++received)
        {
            CHECK(problem_with(must_receive(pull), 0, received, {size, 0}) == "");
        }
        Message more;
        CHECK_FALSE(pull.receive(more, no_wait, error));
        CHECK(push.ledger().accepted == sent);
    }
}

TEST_CASE("a handshake that stalls at any byte is given up at its deadline, by who dials and by who listens")
{
    const std::string whole = greeting() + ready("DEALER");
    for (const std::size_t bytes :
         {std::size_t{0}, std::size_t{1}, std::size_t{10}, std::size_t{11}, std::size_t{63}, std::size_t{64},
          std::size_t{65}, std::size_t{70}, whole.size() - 1})
    {
        CAPTURE(bytes);
        RawListener listener;
        TestKernel kernel({.sockets = socket_lines("dials", "dealer", "handshake_ivl 50ms\nreconnect none") +
                                      socket_lines("listens", "dealer", "handshake_ivl 50ms")});
        kernel["dials"].connect(listener.endpoint());
        RawPeer accepts = listener.accept();
        RawPeer dials(kernel["listens"].bind("tcp://127.0.0.1:*"));
        accepts.send(whole.substr(0, bytes));
        dials.send(whole.substr(0, bytes));
        kernel.await(Event::Kind::failed, 2);
        for (const Happening& happening : kernel.happenings())
        {
            CHECK((happening.kind != Event::Kind::failed || happening.error == errc::timed_out));
        }
    }
}
