// A kernel on contexts of its host: who drives.
#include "content.hpp"
#include "hosted.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <map>
#include <optional>
#include <set>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("one thread of the host does everything, and no other is started")
{
    constexpr int total = 2000;
    const std::size_t threads = count_threads();
    asio::io_context context;
    CheckedKernel kernel(context, hosted(push_and_pull()), quiet());
    kernel.start();
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    push.connect(pull.last_endpoint());
    std::exception_ptr failure;
    const auto note = [&](const std::exception_ptr& problem)
    {
        failure = problem ? problem : failure;
    };
    std::size_t most_threads = 0;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            for (int i = 0; i < total; ++i)
            {
                co_await async_send(push, Message(std::to_string(i)), asio::use_awaitable);
            }
        },
        note);
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            for (int i = 0; i < total; ++i)
            {
                const Message message = co_await async_receive(pull, asio::use_awaitable);
                REQUIRE(text_of(message) == std::to_string(i));
            }
            most_threads = count_threads();
            context.stop();
        },
        note);
    context.run_for(limit);
    CHECK_FALSE(failure);
    CHECK(most_threads == threads);
}

TEST_CASE("threads of the host block at sockets while another one drives")
{
    Driven host;
    CheckedKernel kernel(host.context, hosted(push_and_pull()), quiet());
    kernel.start();
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    push.connect(pull.last_endpoint());
    REQUIRE(push.wait_for_peers(1, limit));
    for (std::uint64_t i = 0; i < 300; ++i)
    {
        const std::vector<std::size_t> sizes{i * 40, 3};
        must_send(push, make_message(i, sizes));
        REQUIRE(problem_with(must_receive(pull), 0, i, sizes) == "");
    }
    const CloseReport report = kernel.close(limit);
    CHECK(report.complete);
    check_ledger(push);
    check_ledger(pull);
    CHECK(push.ledger().peers == 0);
}

TEST_CASE("several kernels share one context")
{
    Driven host;
    std::vector<std::unique_ptr<CheckedKernel>> kernels;
    kernels.push_back(std::make_unique<CheckedKernel>(
        host.context, hosted(socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")), quiet()));
    kernels.front()->start();
    Socket pull = kernels.front()->socket("pull");
    std::set<std::string> texts;
    for (int i = 0; i < 3; ++i)
    {
        texts.insert(std::to_string(i));
        kernels.push_back(
            std::make_unique<CheckedKernel>(host.context, hosted(socket_lines("push", "push")), quiet()));
        kernels.back()->start();
        Socket push = kernels.back()->socket("push");
        push.connect(pull.last_endpoint());
        must_send(push, Message(std::to_string(i)));
    }
    for (int i = 0; i < 3; ++i)
    {
        CHECK(texts.erase(text_of(must_receive(pull))) == 1);
    }
    // They end one after another; those that are left go on.
    kernels.pop_back();
    Socket push = kernels.back()->socket("push");
    must_send(push, Message("after"));
    CHECK(text_of(must_receive(pull)) == "after");
}

TEST_CASE("the connections of one kernel spread over its contexts")
{
    Driven first;
    Driven second;
    std::mutex mutex;
    std::map<std::size_t, int> ready;
    CheckedKernel kernel({first.context, second.context}, hosted(push_and_pull()),
                         quiet(
                             [&](const Event& event)
                             {
                                 const std::lock_guard guard(mutex);
                                 ready[event.loop] += event.kind == Event::Kind::ready ? 1 : 0;
                             }));
    kernel.start();
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    for (int i = 0; i < 4; ++i)
    {
        push.connect(pull.last_endpoint());
    }
    REQUIRE(push.wait_for_peers(4, limit));
    REQUIRE(pull.wait_for_peers(4, limit));
    std::set<std::string> texts;
    for (int i = 0; i < 40; ++i)
    {
        texts.insert(std::to_string(i));
        must_send(push, Message(std::to_string(i)));
    }
    while (!texts.empty())
    {
        REQUIRE(texts.erase(text_of(must_receive(pull))) == 1);
    }
    CHECK(kernel.close(limit).complete);
    const std::lock_guard guard(mutex);
    CHECK(ready.size() == 2);
    CHECK(ready[0] >= 2);
    CHECK(ready[1] >= 2);
}

TEST_CASE("four threads run the context, eight send: all arrives, in each sender's order")
{
    constexpr int senders = 8;
    constexpr int each = 500;
    Driven host(4);
    CheckedKernel kernel(host.context, hosted(push_and_pull("send_hwm 50", "recv_hwm 50")), quiet());
    kernel.start();
    Socket push = kernel.socket("push");
    Socket pull = kernel.socket("pull");
    push.connect(pull.last_endpoint());
    Threads threads;
    for (int sender = 0; sender < senders; ++sender)
    {
        threads.start(
            [push, sender]() mutable
            {
                for (int i = 0; i < each; ++i)
                {
                    Message message(std::to_string(sender));
                    message.push_back(Frame(std::to_string(i)));
                    must_send(push, std::move(message));
                }
            });
    }
    std::array<int, senders> next{};
    for (int i = 0; i < senders * each; ++i)
    {
        const Message message = must_receive(pull);
        const auto sender = std::stoul(text_of(message));
        REQUIRE(text_of(message, 1) == std::to_string(next.at(sender)++));
    }
    threads.join();
    CHECK(kernel.close(limit).complete);
    check_ledger(push);
    check_ledger(pull);
}

TEST_CASE(
    "a kernel that goes before its context does not wait for it: its ports are free and its calls complete")
{
    asio::io_context context;
    std::optional<Kernel> kernel;
    kernel.emplace(context, hosted(push_and_pull()), quiet());
    kernel->start();
    join(context, *kernel);
    Socket pull = kernel->socket("pull");
    const std::string endpoint = pull.last_endpoint();
    auto pending = begin_receive(context, pull);
    auto peers = begin_wait_for_peers(context, pull, 5);
    // Nobody runs the context meanwhile.
    kernel.reset();
    CHECK_FALSE(can_connect(endpoint));
    // All that is left ends by itself.
    context.restart();
    context.run();
    REQUIRE(is_over(pending));
    CHECK(pending.get().error == asio::error::operation_aborted);
    CHECK(peers.get().error == asio::error::operation_aborted);
    // A handle outlives its kernel.
    error_code error;
    Message message;
    pull.receive(message, error);
    CHECK(error == errc::terminated);
    CHECK(pull.ledger().peers == 0);
}
