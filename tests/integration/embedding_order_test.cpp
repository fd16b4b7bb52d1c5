// A kernel and contexts of its host go in any order.
#include "hosted.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <optional>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

using Context = std::optional<asio::io_context>;

} // namespace

TEST_CASE("a context that goes before its kernel closes it")
{
    Context context(std::in_place);
    CheckedKernel kernel(*context, hosted(push_and_pull()), quiet());
    kernel.start();
    join(*context, kernel);
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    const std::string endpoint = pull.last_endpoint();
    push.send("queued");
    asio::io_context other;
    std::optional<error_code> outcome;
    async_receive_batch(pull, {},
                        asio::bind_executor(other,
                                            [&](error_code error, std::size_t)
                                            {
                                                outcome = error;
                                            }));
    other.run();
    REQUIRE(outcome);
    outcome.reset();
    other.restart();
    async_wait_for_peers(pull, 9,
                         asio::bind_executor(other,
                                             [&](error_code error)
                                             {
                                                 outcome = error;
                                             }));
    context.reset();
    CHECK_FALSE(can_connect(endpoint));
    other.run();
    REQUIRE(outcome);
    CHECK(*outcome == asio::error::operation_aborted);
    error_code error;
    push.send("late", error);
    CHECK(error == errc::terminated);
    push.connect(endpoint, error);
    CHECK(error == errc::terminated);
    check_ledger(push);
    kernel.close(0s);
    // A call that would have run there says so on a thread of Asio's.
    std::promise<error_code> late;
    async_send(push, Message("late"),
               [&](error_code problem)
               {
                   late.set_value(problem);
               });
    CHECK(late.get_future().get() == errc::terminated);
}

TEST_CASE("handles, the kernel and its contexts go in any order")
{
    // 0: the kernel, 1: a handle, 2: the first context, 3: the second one.
    std::array<int, 4> order{0, 1, 2, 3};
    do
    {
        CAPTURE(order);
        std::array<Context, 2> contexts;
        contexts[0].emplace();
        contexts[1].emplace();
        std::optional<Kernel> kernel;
        kernel.emplace(Contexts{*contexts[0], *contexts[1]}, hosted(push_and_pull()), quiet());
        kernel->start();
        std::optional<Socket> pull = kernel->socket("pull");
        Socket push = kernel->socket("push");
        push.connect(pull->last_endpoint());
        push.connect(pull->last_endpoint());
        for (int i = 0; i < 20; ++i)
        {
            contexts[0]->poll();
            contexts[1]->poll();
        }
        push.send("x");
        auto pending = begin_wait_for_peers(*contexts[0], *pull, 99);
        for (const int which : order)
        {
            switch (which)
            {
            case 0:
                kernel.reset();
                break;
            case 1:
                pull.reset();
                break;
            default:
                contexts.at(static_cast<std::size_t>(which) - 2).reset();
            }
        }
    }
    while (std::next_permutation(order.begin(), order.end()));
}

TEST_CASE("a context that was never run holds nothing up")
{
    for (const bool kernel_first : {true, false})
    {
        CAPTURE(kernel_first);
        Context context(std::in_place);
        std::optional<Kernel> kernel;
        kernel.emplace(*context, hosted(push_and_pull()), quiet());
        kernel->start();
        Socket push = kernel->socket("push");
        Socket pull = kernel->socket("pull");
        push.connect(pull.last_endpoint());
        push.send("waits for its peer");
        auto pending = begin_receive(*context, pull);
        // Its wait ends in time, although nobody drives.
        CHECK_FALSE(push.wait_for_peers(1, 1ms));
        CHECK(push.close(1ms).discarded == 1);
        if (kernel_first)
        {
            kernel.reset();
        }
        context.reset();
        kernel.reset();
    }
}

TEST_CASE("a context may be stopped and run again")
{
    std::optional<Driven> host(std::in_place);
    CheckedKernel kernel(host->context, hosted(push_and_pull()), quiet());
    kernel.start();
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    push.connect(pull.last_endpoint());
    must_send(push, Message("1"));
    CHECK(text_of(must_receive(pull)) == "1");
    host->stop();
    push.send("2");
    auto second = begin_receive(host->context, pull);
    drive(host->context,
          [&]
          {
              return is_over(second);
          });
    CHECK(second.get().text == "2");
}

TEST_CASE("a kernel is destroyed inside a handler of its context, and inside its own hook")
{
    for (const bool in_hook : {false, true})
    {
        CAPTURE(in_hook);
        asio::io_context context;
        std::optional<Kernel> kernel;
        bool gone = false;
        int hooks = 0;
        kernel.emplace(context, hosted(push_and_pull()),
                       quiet(
                           [&](const Event& event)
                           {
                               ++hooks;
                               if (in_hook && event.kind == Event::Kind::ready && !gone)
                               {
                                   gone = true;
                                   kernel.reset();
                                   hooks = 0;
                               }
                           }));
        kernel->start();
        Socket push = kernel->socket("push");
        Socket pull = kernel->socket("pull");
        const std::string endpoint = pull.last_endpoint();
        push.connect(endpoint);
        auto pending = begin_receive(context, pull);
        if (!in_hook)
        {
            asio::post(context,
                       [&]
                       {
                           kernel.reset();
                           gone = true;
                           hooks = 0;
                       });
        }
        context.run();
        CHECK(gone);
        CHECK(hooks == 0);
        CHECK(pending.get().error == asio::error::operation_aborted);
        CHECK_FALSE(can_connect(endpoint));
    }
}

TEST_CASE("no hook is called once the destructor has returned, whatever the threads of the host do")
{
    Driven host(3);
    for (int round = 0; round < 20; ++round)
    {
        std::atomic<bool> alive{true};
        std::atomic<int> late{0};
        std::promise<void> seen;
        std::atomic<bool> told{false};
        {
            CheckedKernel kernel({host.context}, hosted(push_and_pull()),
                                 quiet(
                                     [&](const Event& event)
                                     {
                                         late += alive ? 0 : 1;
                                         if (event.kind == Event::Kind::ready && !told.exchange(true))
                                         {
                                             seen.set_value();
                                         }
                                     }));
            kernel.start();
            Socket push = kernel.socket("push");
            for (int i = 0; i < 5; ++i)
            {
                push.connect(kernel.socket("pull").last_endpoint());
            }
            REQUIRE(seen.get_future().wait_for(limit) == std::future_status::ready);
        }
        alive = false;
        // Whatever is still to do there is done now.
        std::promise<void> passed;
        asio::post(host.context,
                   [&]
                   {
                       passed.set_value();
                   });
        passed.get_future().wait();
        CHECK(late == 0);
    }
}

TEST_CASE("a kernel is closed on the thread that runs its context, by a call that does not wait")
{
    asio::io_context context;
    std::optional<Kernel> kernel;
    kernel.emplace(context, hosted(push_and_pull()), quiet());
    kernel->start();
    CloseReport report{.complete = false};
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            Socket push = kernel->socket("push");
            Socket pull = kernel->socket("pull");
            push.connect(pull.last_endpoint());
            for (int i = 0; i < 500; ++i)
            {
                co_await async_send(push, Message(std::to_string(i)), asio::use_awaitable);
            }
            report = co_await async_close(push, limit, asio::use_awaitable);
            for (int i = 0; i < 500; ++i)
            {
                REQUIRE(text_of(co_await async_receive(pull, asio::use_awaitable)) == std::to_string(i));
            }
            co_await async_close(*kernel, limit, asio::use_awaitable);
            kernel.reset();
        },
        asio::detached);
    context.run_for(limit);
    CHECK(context.stopped());
    CHECK_FALSE(kernel);
    CHECK(report.complete);
}

TEST_CASE("a coroutine that owns the kernel goes with the context")
{
    asio::io_context context;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            CheckedKernel kernel(context, hosted(push_and_pull()), quiet());
            kernel.start();
            Socket push = kernel.socket("push");
            Socket pull = kernel.socket("pull");
            push.connect(pull.last_endpoint());
            co_await async_send(push, Message("x"), asio::use_awaitable);
            CHECK(text_of(co_await async_receive(pull, asio::use_awaitable)) == "x");
            co_await async_receive(pull, asio::use_awaitable);
        },
        asio::detached);
    context.run_for(50ms);
}
