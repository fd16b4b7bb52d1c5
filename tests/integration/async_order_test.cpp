// Asynchronous calls that wait behind others, are cancelled, or cancelled while they are tried.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

template <class T>
bool is_over(std::future<T>& future)
{
    return future.wait_for(0s) == std::future_status::ready;
}

template <class T>
void await(TestKernel& kernel, std::future<T>& future)
{
    kernel.await_state(
        [&]
        {
            return is_over(future);
        },
        "an asynchronous call is over");
}

Message to(std::string_view identity, std::string_view text)
{
    return Message{identity, text};
}

} // namespace

TEST_CASE("a send that waits holds up those behind it, and frees them when it is cancelled")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("router", "router",
                                                   "send_hwm 5\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                                   "sndbuf 16KiB\n}\nrouter_mandatory true") +
                                      socket_lines("good", "dealer", "identity good")});
        Socket router = kernel["router"];
        RawPeer slow(router.last_endpoint(), 16384);
        kernel["good"].connect(router.last_endpoint());
        Threads handshake;
        handshake.start(
            [&]
            {
                slow.shake_hands("DEALER", "slow");
            });
        REQUIRE(router.wait_for_peers(2, limit));
        handshake.join();
        const std::string text(100'000, 'x');
        kernel.await_state(
            [&]
            {
                error_code error;
                router.send(to("slow", text), no_wait, error);
                return error && router.ledger().queued == 5;
            },
            "the slow peer is full");

        asio::cancellation_signal signal;
        std::promise<error_code> first;
        async_send(router, to("slow", "waits"),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](error_code error)
                                                {
                                                    first.set_value(error);
                                                }));
        const auto accepted = router.ledger().accepted;
        auto second = async_send(router, to("good", "behind"), asio::use_future);
        CHECK(router.ledger().accepted == accepted);
        CHECK_FALSE(is_over(second));
        signal.emit(asio::cancellation_type::total);
        // Nothing else happens that would let it go.
        CHECK(router.ledger().accepted == accepted + 1);
        await(kernel, second);
        CHECK_NOTHROW(second.get());
        auto first_over = first.get_future();
        await(kernel, first_over);
        CHECK(first_over.get() == asio::error::operation_aborted);
        Socket good = kernel["good"];
        CHECK(text_of(must_receive(good)) == "behind");
        slow.reset();
        kernel.await(Event::Kind::disconnected);
    }
}

TEST_CASE("a call that is cancelled while another thread tries it is over all the same")
{
    // They outlive the threads that may still be about to leave a call of theirs.
    asio::io_context tried_on;
    asio::io_context context;
    TestKernel kernel({.threads = 1, .sockets = socket_lines("pull", "pull")});
    Socket pull = kernel["pull"];
    std::atomic<int> asked{0};
    std::atomic<int> answered{0};
    std::atomic<bool> done{false};
    Threads trying;
    trying.start(
        [&]
        {
            for (int i = 1; !done; ++i)
            {
                while (asked < i && !done)
                {
                    std::this_thread::yield();
                }
                tried_on.restart();
                asio::cancellation_signal signal;
                answered = i;
                // A call that begins has all of the socket's tried.
                async_wait_for_peers(pull, 99,
                                     asio::bind_executor(tried_on, asio::bind_cancellation_slot(
                                                                       signal.slot(), [](error_code) {})));
                signal.emit(asio::cancellation_type::terminal);
                tried_on.run_for(limit);
            }
        });
    int begun = 0;
    int cancelled = 0;
    // As often as fits: what goes wrong does so in one of some hundred rounds.
    const auto end = std::chrono::steady_clock::now() + 300ms;
    while (cancelled == begun && std::chrono::steady_clock::now() < end)
    {
        context.restart();
        asio::cancellation_signal signal;
        const auto count = [&](error_code error, const Message&)
        {
            cancelled += error == asio::error::operation_aborted ? 1 : 0;
        };
        async_receive(pull, asio::bind_executor(context, asio::bind_cancellation_slot(signal.slot(), count)));
        asked = ++begun;
        while (answered < begun)
        {
            std::this_thread::yield();
        }
        signal.emit(asio::cancellation_type::terminal);
        context.run_for(limit);
    }
    done = true;
    trying.join();
    CHECK(cancelled == begun);
    CHECK(begun > 0);
}

TEST_CASE("a permit that was waited for goes back when its send was cancelled")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("push", "push", "backpressure small"),
             .more = "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 20KiB\n}\n}\n"});
        Socket push = kernel["push"];
        RawListener port;
        push.connect(port.endpoint());
        const std::string text(15'000, 'x');
        push.send(Message(text));
        asio::cancellation_signal signal;
        std::promise<error_code> promise;
        auto over = promise.get_future();
        async_send(push, Message(text),
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](error_code error)
                                                {
                                                    promise.set_value(error);
                                                }));
        CHECK(push.budget().waiting == 1);
        signal.emit(asio::cancellation_type::total);
        await(kernel, over);
        CHECK(over.get() == asio::error::operation_aborted);
        Threads reader;
        std::optional<RawPeer> peer;
        reader.start(
            [&]
            {
                peer.emplace(port.accept());
                peer->shake_hands("PULL");
                unsigned flags = 0;
                peer->read_frame(flags);
            });
        kernel.await_state(
            [&]
            {
                return push.ledger().written == 1 && push.budget().used == 0 && push.budget().waiting == 0;
            },
            "the budget is whole");
        reader.join();
    }
}

TEST_CASE("a flush is over when all is written, and not before")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = socket_lines("push", "push")});
        Socket push = kernel["push"];
        RawListener port;
        push.connect(port.endpoint());
        push.send("x");
        asio::io_context context;
        std::optional<std::uint64_t> written;
        async_flush(push, asio::bind_executor(context,
                                              [&](error_code error)
                                              {
                                                  CHECK_FALSE(error);
                                                  written = push.ledger().written;
                                              }));
        context.poll();
        context.restart();
        CHECK_FALSE(written);
        Threads reader;
        std::optional<RawPeer> peer;
        reader.start(
            [&]
            {
                peer.emplace(port.accept());
                peer->shake_hands("PULL");
                unsigned flags = 0;
                peer->read_frame(flags);
            });
        kernel.await_state(
            [&]
            {
                context.poll();
                return written.has_value();
            },
            "the flush is over");
        CHECK(written == 1);
        reader.join();
    }
}

TEST_CASE("a batch that began is cancelled partially, with what was sent, and not in total")
{
    TestKernel kernel({.threads = 1, .sockets = socket_lines("push", "push", "send_hwm 2")});
    Socket push = kernel["push"];
    RawListener port;
    push.connect(port.endpoint());
    asio::io_context context;
    asio::cancellation_signal signal;
    std::vector<Message> messages;
    for (const char* text : {"1", "2", "3", "4", "5"})
    {
        messages.emplace_back(text);
    }
    std::optional<error_code> over;
    std::size_t sent = 99;
    async_send_batch(
        push, messages,
        asio::bind_executor(context, asio::bind_cancellation_slot(signal.slot(),
                                                                  [&](error_code error, std::size_t count)
                                                                  {
                                                                      over = error;
                                                                      sent = count;
                                                                  })));
    signal.emit(asio::cancellation_type::total);
    context.poll();
    CHECK_FALSE(over);
    signal.emit(asio::cancellation_type::partial);
    context.run_for(limit);
    REQUIRE(over);
    CHECK(*over == asio::error::operation_aborted);
    CHECK(sent == 2);
    CHECK(messages[1].empty());
    CHECK(text_of(messages[2]) == "3");
}

TEST_CASE("the slot of a call that is over is free for another")
{
    TestKernel kernel({.threads = 1, .sockets = socket_lines("pull", "pull")});
    asio::io_context context;
    asio::cancellation_signal signal;
    bool had_handler = true;
    async_receive(kernel["pull"],
                  asio::bind_executor(
                      context, asio::bind_cancellation_slot(signal.slot(),
                                                            [&](error_code, const Message&)
                                                            {
                                                                had_handler = signal.slot().has_handler();
                                                            })));
    CHECK(signal.slot().has_handler());
    signal.emit(asio::cancellation_type::terminal);
    context.run_for(limit);
    CHECK_FALSE(had_handler);
}
