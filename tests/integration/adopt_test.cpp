// Connections that the host has made itself and hands over to a socket.
#include "descriptors.hpp"
#include "handed_over.hpp"
#include "hosted.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string push_and_pull_lines(std::string_view push = {})
{
    return socket_lines("push", "push", push) + socket_lines("pull", "pull");
}

// A number of a connection in memory that nobody else has.
std::uintptr_t fresh_number()
{
    static std::atomic<std::uintptr_t> last{0};
    return ++last;
}

// What was told of one endpoint. Names of adopted connections are each socket's own.
std::vector<Event::Kind> tale_of(const Happenings& happenings, const Socket& socket,
                                 const std::string& endpoint)
{
    std::vector<Event::Kind> tale;
    for (const Happening& each : happenings)
    {
        if (each.socket == socket.name() && each.endpoint == endpoint)
        {
            tale.push_back(each.kind);
        }
    }
    return tale;
}

// Waits for the last event of an endpoint.
Happening await_end(TestKernel& kernel, const Socket& socket, const std::string& endpoint)
{
    Happening last{Event{}};
    kernel.await(
        [&](const Happenings& happenings)
        {
            const auto stopped = std::find_if(happenings.begin(), happenings.end(),
                                              [&](const Happening& each)
                                              {
                                                  return each.kind == Event::Kind::stopped &&
                                                         each.socket == socket.name() &&
                                                         each.endpoint == endpoint;
                                              });
            if (stopped == happenings.end())
            {
                return false;
            }
            last = *stopped;
            return true;
        },
        "what was adopted has ended");
    return last;
}

using Kinds = std::vector<Event::Kind>;

} // namespace

TEST_CASE("both ends of a socketpair may be adopted, and are peers")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        auto pair = local_pair();
        const std::string sender = hand_over(push, "ipc", pair[0]);
        const std::string receiver = hand_over(pull, "ipc", pair[1]);
        CHECK(sender.rfind("adopted:ipc/", 0) == 0);
        CHECK(push.wait_for_endpoint(sender, limit));
        CHECK(pull.wait_for_endpoint(receiver, limit));
        for (int i = 0; i < 1000; ++i)
        {
            must_send(push, Message(std::to_string(i)));
        }
        for (int i = 0; i < 1000; ++i)
        {
            CHECK(text_of(must_receive(pull)) == std::to_string(i));
        }
        CHECK(push.bound().empty());
        CHECK(tale_of(kernel.happenings(), push, sender).front() == Event::Kind::connected);
    }
}

TEST_CASE("two kernels adopt an end each")
{
    TestKernel client({.threads = 1, .sockets = socket_lines("req", "req")});
    TestKernel server({.threads = 1, .sockets = socket_lines("rep", "rep")});
    Socket req = client["req"];
    Socket rep = server["rep"];
    auto pair = local_pair();
    hand_over(req, "ipc", pair[0]);
    hand_over(rep, "ipc", pair[1]);
    must_send(req, Message("question"));
    CHECK(text_of(must_receive(rep)) == "question");
    must_send(rep, Message("answer"));
    CHECK(text_of(must_receive(req)) == "answer");
}

TEST_CASE("a connection that the host has accepted serves a peer that dialled, and one that it has dialled a "
          "peer that listens")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        TestKernel other({.threads = 1,
                          .sockets = socket_lines("push", "push") +
                                     socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        OwnListener listener;
        other["push"].connect(listener.endpoint());
        Descriptor accepted = listener.accept();
        Socket pull = kernel["pull"];
        const std::string name = hand_over(pull, "tcp", accepted);
        CHECK(pull.wait_for_endpoint(name, limit));
        Socket far_push = other["push"];
        must_send(far_push, Message("in"));
        CHECK(text_of(must_receive(pull)) == "in");

        Socket push = kernel["push"];
        Descriptor dialled = connect_to(other["pull"].last_endpoint());
        CHECK(push.wait_for_endpoint(hand_over(push, "tcp", dialled), limit));
        must_send(push, Message("out"));
        Socket far_pull = other["pull"];
        CHECK(text_of(must_receive(far_pull)) == "out");
    }
}

TEST_CASE("a connection of a transport plug-in that has no descriptor is adopted by what the plug-in gave")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        const std::uintptr_t number = fresh_number();
        push.adopt("mem", number, {{"write_at_most", "1,7,3"}});
        pull.adopt("mem", number, {{"read_at_most", "2,5"}});
        for (int i = 0; i < 20; ++i)
        {
            must_send(push, Message(std::string(300, 'x') + std::to_string(i)));
        }
        for (int i = 0; i < 20; ++i)
        {
            CHECK(text_of(must_receive(pull)) == std::string(300, 'x') + std::to_string(i));
        }
    }
}

TEST_CASE("a router knows an adopted peer by the name that it gives it")
{
    TestKernel kernel({.threads = 1,
                       .sockets = socket_lines("router", "router", "router_mandatory true") +
                                  socket_lines("dealer", "dealer")});
    Socket router = kernel["router"];
    Socket dealer = kernel["dealer"];
    auto pair = local_pair();
    const std::vector<Option> named{{"connect_routing_id", "worker"}};
    const std::string name = hand_over(router, "ipc", pair[0], named);
    hand_over(dealer, "ipc", pair[1]);
    REQUIRE(router.wait_for_endpoint(name, limit));
    must_send(router, Message{"worker", "task"});
    CHECK(text_of(must_receive(dealer)) == "task");
}

TEST_CASE("what cannot be adopted stays its owner's, and the reason is told")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        const auto pair = local_pair();
        const auto refused =
            [&](std::string_view transport, std::uintptr_t handle, const std::vector<Option>& options)
        {
            error_code error;
            CHECK(push.adopt(transport, handle, options, error).empty());
            CHECK(is_open(pair[0].get()));
            std::string text;
            try
            {
                push.adopt(transport, handle, options);
            }
            catch (const boost::system::system_error& problem)
            {
                CHECK(problem.code() == error);
                text = problem.what();
            }
            CHECK(is_open(pair[0].get()));
            return std::pair(error, text);
        };
        const auto says = [](const auto& refusal, errc code, const char* text)
        {
            CAPTURE(refusal.second);
            CHECK(refusal.first == code);
            CHECK(refusal.second.find(text) != std::string::npos);
        };
        const std::uintptr_t handle = handle_of(pair[0]);
        says(refused("tcp", handle, {}), errc::invalid_argument, "its address family is local");
        says(refused("ipc", handle_of(-1), {}), errc::invalid_argument, "no file descriptor");
        says(refused("ipcc", handle, {}), errc::invalid_argument, "ipcc");
        says(refused("ipc", handle, {{"send_hwm", "many"}}), errc::invalid_argument, "adopt.send_hwm");
        says(refused("mem", 0, {}), errc::invalid_argument, "0 is the number of no connection");
        says(refused("memp", fresh_number(), {}), errc::not_supported, "memp takes no connections over");
        CHECK(kernel.happenings().empty());
        error_code error;
        CHECK_FALSE(push.wait_for_endpoint("adopted:ipc/1", no_wait, error));
        CHECK(error == errc::invalid_argument);
    }
}

TEST_CASE("nothing is adopted before the kernel starts, and after its end")
{
    const auto pair = local_pair();
    Kernel kernel(manifest_of({.sockets = push_and_pull_lines()}));
    Socket push = kernel.socket("push");
    error_code error;
    push.adopt("ipc", handle_of(pair[0]), error);
    CHECK(error == errc::not_connected);
    kernel.start();
    kernel.close(limit);
    push.adopt("ipc", handle_of(pair[0]), error);
    CHECK(error == errc::terminated);
    CHECK(is_open(pair[0].get()));
}

TEST_CASE("a connection that was adopted and ends is gone: it is told, and nobody dials")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        RawListener listener;
        Descriptor dialled = connect_to(listener.endpoint());
        const int fd = dialled.get();
        const std::string name = hand_over(push, "tcp", dialled);
        RawPeer peer = listener.accept();
        Threads threads_of_peer;
        threads_of_peer.start(
            [&]
            {
                peer.shake_hands("PULL");
            });
        REQUIRE(push.wait_for_endpoint(name, limit));
        threads_of_peer.join();
        peer.close();
        const Happening end = await_end(kernel, push, name);
        CHECK(end.error == errc::connection_closed);
        CHECK(tale_of(kernel.happenings(), push, name) == Kinds{Event::Kind::connected, Event::Kind::ready,
                                                                Event::Kind::disconnected,
                                                                Event::Kind::stopped});
        error_code error;
        CHECK_FALSE(push.wait_for_endpoint(name, limit, error));
        CHECK(error == errc::connection_closed);
        CHECK_FALSE(is_open(fd));
        CHECK(push.ledger().peers == 0);
        CHECK(push.ledger().reconnects == 0);
    }
}

TEST_CASE("an adopted connection is ended by its name, as an endpoint that dials")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        auto pair = local_pair();
        const std::string name = hand_over(push, "ipc", pair[0]);
        hand_over(pull, "ipc", pair[1]);
        REQUIRE(push.wait_for_endpoint(name, limit));
        REQUIRE(pull.wait_for_peers(1, limit));
        push.disconnect(name);
        CHECK(await_end(kernel, push, name).error == errc::disconnected);
        error_code error;
        push.disconnect(name, error);
        CHECK(error == errc::invalid_argument);
        kernel.await(Event::Kind::stopped, 2);
        CHECK(pull.ledger().peers == 0);
    }
}

TEST_CASE("an adopted connection that is ended by its name as soon as it begins is gone")
{
    const std::size_t open = open_descriptors();
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel* there = nullptr;
        std::atomic<unsigned> refused = 0;
        TestKernel kernel({.threads = threads,
                           .sockets = push_and_pull_lines(),
                           .on_event = [&](const Event& event)
                           {
                               if (event.kind == Event::Kind::connected)
                               {
                                   error_code error;
                                   (*there)["push"].disconnect(event.endpoint, error);
                                   refused += error ? 1U : 0U;
                               }
                           }});
        there = &kernel;
        Socket push = kernel["push"];
        for (int round = 0; round < 50; ++round)
        {
            auto pair = local_pair();
            const std::string name = hand_over(push, "ipc", pair[0]);
            REQUIRE(await_end(kernel, push, name).error == errc::disconnected);
            CHECK(tale_of(kernel.happenings(), push, name) ==
                  Kinds{Event::Kind::connected, Event::Kind::stopped});
            error_code error;
            push.disconnect(name, error);
            CHECK(error == errc::invalid_argument);
        }
        CHECK(refused == 0);
        CHECK(push.ledger().peers == 0);
        CHECK(push.ledger().failures == 0);
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE(
    "whoever ends an adopted connection by a name that he has guessed ends it, or finds no such endpoint")
{
    const std::size_t open = open_descriptors();
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        for (int round = 1; round <= 50; ++round)
        {
            const std::string guess = "adopted:ipc/" + std::to_string(round);
            std::atomic<bool> ready = false;
            Threads others;
            others.start(
                [&]
                {
                    error_code error = errc::invalid_argument;
                    while (error == errc::invalid_argument)
                    {
                        push.disconnect(guess, error);
                        ready = true;
                    }
                    CHECK_FALSE(error);
                });
            while (!ready)
            {
                std::this_thread::yield();
            }
            auto pair = local_pair();
            CHECK(hand_over(push, "ipc", pair[0]) == guess);
            REQUIRE(await_end(kernel, push, guess).error == errc::disconnected);
            others.join();
        }
        CHECK(kernel.count(Event::Kind::stopped) == 50);
        CHECK(push.ledger().peers == 0);
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("a connection that was adopted and whose handshake fails is gone")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull_lines()});
    Socket push = kernel["push"];
    RawListener listener;
    Descriptor dialled = connect_to(listener.endpoint());
    const std::string name = hand_over(push, "tcp", dialled);
    RawPeer peer = listener.accept();
    peer.send(std::string(64, '?'));
    error_code error;
    CHECK_FALSE(push.wait_for_endpoint(name, limit, error));
    CHECK(error == errc::protocol_error);
    CHECK(await_end(kernel, push, name).error == errc::protocol_error);
    CHECK(tale_of(kernel.happenings(), push, name) ==
          Kinds{Event::Kind::connected, Event::Kind::failed, Event::Kind::stopped});
    CHECK(push.ledger().failures == 1);
    peer.read_to_end();
}

TEST_CASE("a connection that was adopted and whose handshake takes too long is gone")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        auto pair = local_pair();
        const std::vector<Option> hasty{{"handshake_ivl", "20ms"}};
        const std::string name = hand_over(push, "ipc", pair[0], hasty);
        error_code error;
        CHECK_FALSE(push.wait_for_endpoint(name, limit, error));
        CHECK(error == errc::timed_out);
        CHECK(kernel.count(Event::Kind::failed) == 1);
    }
}

TEST_CASE("a connection that was adopted and whose peer falls silent is gone")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull_lines()});
    Socket push = kernel["push"];
    RawListener listener;
    Descriptor dialled = connect_to(listener.endpoint());
    const std::vector<Option> beats{{"heartbeat_ivl", "20ms"}, {"heartbeat_timeout", "20ms"}};
    const std::string name = hand_over(push, "tcp", dialled, beats);
    RawPeer peer = listener.accept();
    peer.send(greeting(1) + ready("PULL"));
    CHECK(await_end(kernel, push, name).error == errc::timed_out);
    CHECK(kernel.count(Event::Kind::disconnected) == 1);
}

TEST_CASE("messages that wait for an adopted peer that is lost fare as those of an accepted one")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = push_and_pull_lines("on_peer_loss return\nsend_hwm 10")});
        Socket push = kernel["push"];
        RawListener listener(4096);
        Descriptor dialled = connect_to(listener.endpoint());
        const std::vector<Option> small{{"sndbuf", "4KiB"}};
        const std::string name = hand_over(push, "tcp", dialled, small);
        RawPeer peer = listener.accept();
        Threads threads_of_peer;
        threads_of_peer.start(
            [&]
            {
                peer.shake_hands("PULL");
            });
        REQUIRE(push.wait_for_endpoint(name, limit));
        threads_of_peer.join();
        error_code error;
        while (!error)
        {
            push.send(Message(std::string(100'000, 'x')), no_wait, error);
        }
        const std::uint64_t accepted = push.ledger().accepted;
        peer.reset();
        await_end(kernel, push, name);
        std::uint64_t returned = 0;
        for (Message message; push.receive_returned(message, no_wait, error); ++returned)
        {
            CHECK(message.front().size() == 100'000);
        }
        CHECK(returned > 0);
        const Ledger ledger = push.ledger();
        CHECK(ledger.written + returned + ledger.dropped_peer_lost == accepted);
    }
}

TEST_CASE("a connection is adopted inside a handler of the kernel's loop")
{
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel* there = nullptr;
        auto second = local_pair();
        std::atomic<bool> adopted = false;
        std::string name;
        TestKernel kernel({.threads = threads,
                           .sockets = push_and_pull_lines(),
                           .on_event = [&](const Event& event)
                           {
                               if (event.kind == Event::Kind::ready && event.socket == "push" &&
                                   !adopted.exchange(true))
                               {
                                   Socket push = (*there)["push"];
                                   name = hand_over(push, "ipc", second[0]);
                               }
                           }});
        there = &kernel;
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        auto first = local_pair();
        hand_over(pull, "ipc", first[0]);
        hand_over(push, "ipc", first[1]);
        hand_over(pull, "ipc", second[1]);
        CHECK(pull.wait_for_peers(2, limit));
        CHECK(push.wait_for_peers(2, limit));
    }
}

TEST_CASE("on a host's context a coroutine adopts a connection and waits for its handshake")
{
    asio::io_context context;
    Kernel kernel(Contexts(context), hosted(push_and_pull_lines()), quiet());
    kernel.start();
    auto pair = local_pair();
    std::string got;
    bool over = false;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            Socket push = kernel.socket("push");
            Socket pull = kernel.socket("pull");
            const std::string name = hand_over(push, "ipc", pair[0]);
            hand_over(pull, "ipc", pair[1]);
            co_await async_wait_for_endpoint(push, name, asio::use_awaitable);
            co_await async_send(push, Message("hello"), asio::use_awaitable);
            got = text_of(co_await async_receive(pull, asio::use_awaitable));
        },
        [&](const std::exception_ptr& failure)
        {
            CHECK(failure == nullptr);
            over = true;
        });
    drive(context,
          [&]
          {
              return over;
          });
    CHECK(got == "hello");
}

TEST_CASE("a socket that closes ends what it has adopted, whether or not its handshake has begun")
{
    const std::size_t open = open_descriptors();
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
        Socket push = kernel["push"];
        auto pair = local_pair();
        const int fd = pair[0].get();
        const std::string name = hand_over(push, "ipc", pair[0]);
        push.close(limit);
        CHECK_FALSE(is_open(fd));
        CHECK(kernel.count(Event::Kind::stopped) == 0);
        error_code error;
        CHECK_FALSE(push.wait_for_endpoint(name, limit, error));
        CHECK(error == errc::terminated);
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("a connection that is handed over while the socket closes is the kernel's or the caller's, never "
          "both's or nobody's")
{
    const std::size_t open = open_descriptors();
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        for (int round = 0; round < 20; ++round)
        {
            TestKernel kernel({.threads = threads, .sockets = push_and_pull_lines()});
            Socket push = kernel["push"];
            std::atomic<bool> begun = false;
            Threads adopters;
            adopters.start(
                [&]
                {
                    error_code error;
                    while (!error)
                    {
                        auto pair = local_pair();
                        push.adopt("ipc", handle_of(pair[0]), error);
                        if (!error)
                        {
                            pair[0].release();
                        }
                        begun = true;
                    }
                    CHECK(error == errc::terminated);
                });
            while (!begun)
            {
                std::this_thread::yield();
            }
            push.close(limit);
            adopters.join();
        }
    }
    CHECK(open_descriptors() == open);
}
