// Waiting until an endpoint is bound, or connected.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
namespace asio = boost::asio;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

// A name that nobody else has.
std::string unused_endpoint()
{
    static std::atomic<int> next = 0;
    return "ipc://@spaceframe-endpoints-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
}

std::string push_and_pull(std::string_view push = {})
{
    return socket_lines("push", "push", push) + socket_lines("pull", "pull");
}

// What became of a call whose handler runs on the kernel's own loop.
struct Outcome
{
    std::atomic<bool> over = false;
    error_code error;
    std::string bound;

    auto handler()
    {
        return [this](const error_code& code, const auto&... where)
        {
            error = code;
            ((bound = where), ...);
            over = true;
        };
    }

    void await(TestKernel& kernel)
    {
        kernel.await_state(
            [this]
            {
                return over.load();
            },
            "a call is over");
    }
};

} // namespace

TEST_CASE("async_bind tells where it listens, async_connect that the peer is there")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        Outcome bind;
        async_bind(kernel["pull"], "tcp://127.0.0.1:*", bind.handler());
        bind.await(kernel);
        CHECK_FALSE(bind.error);
        CHECK(bind.bound == kernel["pull"].last_endpoint());
        CHECK(bind.bound.rfind("tcp://127.0.0.1:", 0) == 0);
        Outcome connect;
        async_connect(kernel["push"], bind.bound, connect.handler());
        connect.await(kernel);
        CHECK_FALSE(connect.error);
        CHECK(kernel["push"].ledger().peers == 1);
        CHECK(kernel["push"].wait_for_endpoint(bind.bound, no_wait));
        CHECK(kernel["pull"].wait_for_endpoint("tcp://127.0.0.1:*", no_wait));
    }
}

TEST_CASE("async_bind and async_connect take options of the endpoint, and refuse those that are none")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("router", "router", "router_mandatory true") +
                                      socket_lines("dealer", "dealer")});
        Outcome bind;
        async_bind(kernel["dealer"], "tcp://127.0.0.1:*", {{"backlog", 3}}, bind.handler());
        bind.await(kernel);
        CHECK_FALSE(bind.error);
        Outcome connect;
        async_connect(kernel["router"], bind.bound, {{"connect_routing_id", "worker"}}, connect.handler());
        connect.await(kernel);
        CHECK_FALSE(connect.error);
        Socket router = kernel["router"];
        Socket dealer = kernel["dealer"];
        must_send(router, Message{"worker", "task"});
        CHECK(text_of(must_receive(dealer)) == "task");

        const std::string unused = unused_endpoint();
        Outcome unknown;
        async_bind(kernel["dealer"], unused, {{"backlogg", 3}}, unknown.handler());
        unknown.await(kernel);
        CHECK(unknown.error == errc::invalid_argument);
        Outcome wrong;
        async_connect(kernel["router"], unused, {{"send_hwm", "many"}}, wrong.handler());
        wrong.await(kernel);
        CHECK(wrong.error == errc::invalid_argument);
        CHECK(dealer.bound() == std::vector{bind.bound});
        error_code error;
        CHECK_FALSE(router.wait_for_endpoint(unused, limit, error));
        CHECK(error == errc::invalid_argument);
    }
}

TEST_CASE("who is told that an endpoint is bound finds it among those that are")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel* there = nullptr;
        std::vector<std::string> found;
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pull", "pull"),
                           .on_event = [&](const Event& event)
                           {
                               if (event.kind == Event::Kind::bound)
                               {
                                   found = (*there)["pull"].bound();
                               }
                           }});
        there = &kernel;
        const std::string endpoint = kernel["pull"].bind("tcp://127.0.0.1:*");
        CHECK(found == std::vector<std::string>{endpoint});
    }
}

TEST_CASE("async_connect waits until somebody listens")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string endpoint = unused_endpoint();
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("reconnect_ivl 1ms")});
        Outcome connect;
        async_connect(kernel["push"], endpoint, connect.handler());
        kernel.await(Event::Kind::retrying);
        CHECK_FALSE(connect.over);
        error_code error;
        CHECK_FALSE(kernel["push"].wait_for_endpoint(endpoint, no_wait, error));
        CHECK(error == errc::would_block);
        CHECK_FALSE(kernel["push"].wait_for_endpoint(endpoint, std::chrono::milliseconds(1), error));
        CHECK(error == errc::timed_out);
        kernel["pull"].bind(endpoint);
        connect.await(kernel);
        CHECK_FALSE(connect.error);
        CHECK(kernel["push"].wait_for_endpoint(endpoint, limit));
    }
}

TEST_CASE("a bind that fails tells its error, to its own call and to those who wait for the endpoint")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        const std::string endpoint = kernel["pull"].bind("tcp://127.0.0.1:*");
        for (int attempt = 0; attempt < 2; ++attempt)
        {
            Outcome bind;
            async_bind(kernel["push"], endpoint, bind.handler());
            bind.await(kernel);
            CHECK(bind.error == boost::system::errc::address_in_use);
            CHECK(bind.bound.empty());
        }
        error_code error;
        CHECK_FALSE(kernel["push"].wait_for_endpoint(endpoint, limit, error));
        CHECK(error == boost::system::errc::address_in_use);
        CHECK_THROWS_AS(kernel["push"].wait_for_endpoint(endpoint, limit), boost::system::system_error);
        CHECK(kernel["push"].bound().empty());
        Outcome nonsense;
        async_bind(kernel["push"], "nonsense", nonsense.handler());
        nonsense.await(kernel);
        CHECK(nonsense.error == errc::invalid_argument);
    }
}

TEST_CASE("waiting for an endpoint fails when the reconnect policy gives up, and for one that is unknown")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string endpoint = unused_endpoint();
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("reconnect none")});
        Outcome connect;
        async_connect(kernel["push"], endpoint, connect.handler());
        connect.await(kernel);
        CHECK(connect.error == boost::system::errc::connection_refused);
        error_code error;
        CHECK_FALSE(kernel["push"].wait_for_endpoint(endpoint, limit, error));
        CHECK(error == boost::system::errc::connection_refused);
        CHECK_FALSE(kernel["pull"].wait_for_endpoint(endpoint, limit, error));
        CHECK(error == errc::invalid_argument);
    }
}

TEST_CASE("a cancelled async_connect ends at once, and the socket goes on dialling")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string endpoint = unused_endpoint();
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("reconnect_ivl 1ms")});
        asio::cancellation_signal signal;
        Outcome connect;
        async_connect(kernel["push"], endpoint,
                      asio::bind_cancellation_slot(signal.slot(), connect.handler()));
        Outcome wait;
        async_wait_for_endpoint(kernel["push"], endpoint, wait.handler());
        CHECK_FALSE(connect.over);
        signal.emit(asio::cancellation_type::total);
        connect.await(kernel);
        CHECK(connect.error == asio::error::operation_aborted);
        CHECK_FALSE(wait.over);
        kernel["pull"].bind(endpoint);
        wait.await(kernel);
        CHECK_FALSE(wait.error);
    }
}

TEST_CASE("an endpoint whose connection is lost is waited for again")
{
    const std::string endpoint = unused_endpoint();
    TestKernel pushing({.threads = 1, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")});
    {
        TestKernel pulling({.threads = 1, .sockets = socket_lines("pull", "pull", "bind " + endpoint)});
        pushing["push"].connect(endpoint);
        CHECK(pushing["push"].wait_for_endpoint(endpoint, limit));
    }
    pushing.await(Event::Kind::retrying);
    CHECK_FALSE(pushing["push"].wait_for_endpoint(endpoint, no_wait));
    TestKernel pulling({.threads = 1, .sockets = socket_lines("pull", "pull", "bind " + endpoint)});
    CHECK(pushing["push"].wait_for_endpoint(endpoint, limit));
}

TEST_CASE("who waits before the start hears of the manifest's endpoints, good and bad")
{
    const std::string endpoint = unused_endpoint();
    const auto wait = [&](const Manifest& manifest, error_code& error, bool fails)
    {
        CheckedKernel kernel(manifest);
        Socket socket = kernel.socket("pull");
        error_code early;
        CHECK_FALSE(socket.wait_for_endpoint(endpoint, no_wait, early));
        CHECK(early == errc::would_block);
        std::atomic<bool> over = false;
        async_wait_for_endpoint(socket, endpoint,
                                [&](const error_code& outcome)
                                {
                                    error = outcome;
                                    over = true;
                                });
        if (fails)
        {
            CHECK_THROWS_AS(kernel.start(), boost::system::system_error);
        }
        else
        {
            kernel.start();
        }
        CHECK(socket.wait_for_endpoint(endpoint, limit, early) == !fails);
        kernel.close(no_wait);
        CHECK(over);
    };
    const Manifest manifest =
        manifest_of({.threads = 1, .sockets = socket_lines("pull", "pull", "bind " + endpoint)});
    error_code error;
    wait(manifest, error, false);
    CHECK_FALSE(error);
    TestKernel other({.threads = 1, .sockets = socket_lines("pull", "pull", "bind " + endpoint)});
    wait(manifest, error, true);
    CHECK(error == boost::system::errc::address_in_use);
}

TEST_CASE("closing ends the waits for endpoints")
{
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("reconnect_ivl 1ms")});
        asio::io_context context;
        std::optional<error_code> waiting;
        async_connect(kernel["push"], unused_endpoint(),
                      asio::bind_executor(context.get_executor(),
                                          [&](const error_code& error)
                                          {
                                              waiting = error;
                                          }));
        kernel.await(Event::Kind::retrying);
        kernel.close();
        context.run_for(limit);
        CHECK(waiting == error_code(asio::error::operation_aborted));
        std::optional<error_code> late;
        async_bind(kernel["push"], unused_endpoint(),
                   asio::bind_executor(context.get_executor(),
                                       [&](const error_code& error, const std::string& /*bound*/)
                                       {
                                           late = error;
                                       }));
        context.restart();
        context.run_for(limit);
        CHECK(late == make_error_code(errc::terminated));
    }
}

TEST_CASE("on a host's context a coroutine binds, connects and talks")
{
    asio::io_context context;
    CheckedKernel kernel(context, manifest_of({.threads = std::nullopt, .sockets = push_and_pull()}));
    kernel.start();
    std::string text;
    std::exception_ptr failure;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            Socket push = kernel.socket("push");
            const std::string endpoint =
                co_await async_bind(kernel.socket("pull"), "tcp://127.0.0.1:*", asio::use_awaitable);
            co_await async_connect(push, endpoint, asio::use_awaitable);
            push.send("hello");
            const Message message = co_await async_receive(kernel.socket("pull"), asio::use_awaitable);
            text = message.front().text();
        },
        [&](const std::exception_ptr& problem)
        {
            failure = problem;
            context.stop();
        });
    context.run_for(limit);
    CHECK_FALSE(failure);
    CHECK(text == "hello");
}

TEST_CASE("an endpoint that the socket does not have is answered with those that it has")
{
    TestKernel kernel({.sockets = push_and_pull()});
    Socket push = kernel["push"];
    CHECK_THROWS_WITH_AS(push.wait_for_endpoint("tcp://a:7"),
                         doctest::Contains("push: tcp://a:7 is no endpoint of this socket, which has none"),
                         boost::system::system_error);
    const std::string first = unused_endpoint();
    const std::string second = unused_endpoint();
    push.connect(first);
    push.connect(second);
    push.connect(first);
    const std::string text =
        "push: tcp://a:7 is no endpoint of this socket, which has " + first + ", " + second;
    CHECK_THROWS_WITH_AS(push.wait_for_endpoint("tcp://a:7"), doctest::Contains(text.c_str()),
                         boost::system::system_error);
}

TEST_CASE("a bind that fails names its socket")
{
    TestKernel kernel({.sockets = push_and_pull()});
    const std::string taken = kernel["pull"].bind("tcp://127.0.0.1:*");
    const std::string text = "push: bind: cannot bind " + taken;
    CHECK_THROWS_WITH_AS(kernel["push"].bind(taken), doctest::Contains(text.c_str()),
                         boost::system::system_error);
}

TEST_CASE("the log says what is wrong with an endpoint that async_bind or async_connect refuses")
{
    std::mutex mutex;
    std::string log;
    Kernel kernel(manifest_of({.sockets = push_and_pull()}), {.log =
                                                                  [&](LogLevel level, std::string_view line)
                                                              {
                                                                  const std::lock_guard guard(mutex);
                                                                  CHECK(level == LogLevel::warning);
                                                                  log += std::string(line) + "\n";
                                                              },
                                                              .on_event = {}});
    kernel.start();
    CHECK_THROWS_AS(async_bind(kernel.socket("pull"), "nonsense", asio::use_future).get(),
                    boost::system::system_error);
    CHECK_THROWS_AS(async_connect(kernel.socket("push"), "tcp://a", asio::use_future).get(),
                    boost::system::system_error);
    const std::lock_guard guard(mutex);
    CAPTURE(log);
    CHECK(log.starts_with("pull: bind: "));
    CHECK(log.find("nonsense") != std::string::npos);
    CHECK(log.find("\npush: connect: ") != std::string::npos);
}
