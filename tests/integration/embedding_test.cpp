// A kernel on contexts of its host: who drives, and any order of the end.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <filesystem>
#include <future>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

using Context = std::optional<asio::io_context>;

Manifest hosted(const std::string& sockets)
{
    return manifest_of({.threads = std::nullopt, .sockets = sockets});
}

std::string push_and_pull(std::string_view push = {}, std::string_view pull = {})
{
    return socket_lines("push", "push", push) +
           socket_lines("pull", "pull", std::string(pull) + "\nbind tcp://127.0.0.1:*");
}

KernelOptions quiet(std::function<void(const Event&)> on_event = {})
{
    return {.log = [](LogLevel, std::string_view) {}, .on_event = std::move(on_event)};
}

// Runs `context` on this thread until something is true that one of its handlers makes true.
void drive(asio::io_context& context, const std::function<bool()>& holds)
{
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!holds())
    {
        context.restart();
        const auto work = asio::make_work_guard(context);
        if (context.run_one_until(end) == 0)
        {
            throw std::runtime_error("this did not come true while the context ran");
        }
    }
}

template <class T>
bool is_over(const std::future<T>& future)
{
    return future.wait_for(0s) == std::future_status::ready;
}

struct Outcome
{
    error_code error;
    std::string text;
};

using Pending = std::future<Outcome>;

// Calls whose handler runs on the context, so that drive() sees it.
Pending begin_receive(asio::io_context& context, const Socket& socket)
{
    const auto over = std::make_shared<std::promise<Outcome>>();
    async_receive(socket, asio::bind_executor(context,
                                              [over](error_code error, const Message& message)
                                              {
                                                  over->set_value({error, text_of(message)});
                                              }));
    return over->get_future();
}

Pending begin_wait_for_peers(asio::io_context& context, const Socket& socket, std::size_t count)
{
    const auto over = std::make_shared<std::promise<Outcome>>();
    async_wait_for_peers(socket, count,
                         asio::bind_executor(context,
                                             [over](error_code error)
                                             {
                                                 over->set_value({error, {}});
                                             }));
    return over->get_future();
}

// Threads of this process, whoever started them.
std::size_t count_threads()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                                  std::filesystem::directory_iterator()));
}

void join(asio::io_context& context, Kernel& kernel)
{
    Socket push = kernel.socket("push");
    push.connect(kernel.socket("pull").last_endpoint());
    auto joined = begin_wait_for_peers(context, push, 1);
    drive(context,
          [&]
          {
              return is_over(joined);
          });
    REQUIRE_FALSE(joined.get().error);
}

// A context that threads of its own run.
class Driven
{
public:
    explicit Driven(int count = 1) : work_(asio::make_work_guard(context))
    {
        for (int i = 0; i < count; ++i)
        {
            threads_.start(
                [this]
                {
                    context.run();
                });
        }
    }

    ~Driven()
    {
        stop();
    }

    // The threads end.
    void stop()
    {
        context.stop();
        threads_.join();
    }

    asio::io_context context;

private:
    asio::executor_work_guard<asio::io_context::executor_type> work_;
    Threads threads_;
};

error_code code_of(const std::function<void()>& call)
{
    try
    {
        call();
        return {};
    }
    catch (const boost::system::system_error& problem)
    {
        return problem.code();
    }
}

bool can_connect(const std::string& endpoint)
{
    try
    {
        const RawPeer peer(endpoint);
        return true;
    }
    catch (const std::system_error&)
    {
        return false;
    }
}

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

TEST_CASE("calls that wait say would_deadlock on a thread that runs a context, those that need not wait work")
{
    asio::io_context context;
    std::string bound;
    Kernel* here = nullptr;
    bool bound_in_hook = false;
    CheckedKernel kernel(context, hosted(push_and_pull() + socket_lines("pub", "pub")),
                         quiet(
                             [&](const Event& event)
                             {
                                 if (event.kind == Event::Kind::ready && !std::exchange(bound_in_hook, true))
                                 {
                                     here->socket("pull").bind("tcp://127.0.0.1:*");
                                 }
                             }));
    here = &kernel;
    bool done = false;
    asio::post(context,
               [&]
               {
                   kernel.start();
                   Socket push = kernel.socket("push");
                   Socket pull = kernel.socket("pull");
                   Message message;
                   error_code error;
                   pull.receive(message, limit, error);
                   CHECK(error == errc::would_deadlock);
                   pull.receive(message, no_wait, error);
                   CHECK(error == errc::would_block);
                   CHECK(code_of(
                             [&]
                             {
                                 pull.wait_for_peers(1, limit);
                             }) == errc::would_deadlock);
                   CHECK_FALSE(pull.wait_for_peers(1, no_wait));
                   CHECK(pull.wait_for_peers(0, limit));
                   CHECK(code_of(
                             [&]
                             {
                                 kernel.run_for(limit);
                             }) == errc::would_deadlock);
                   CHECK(code_of(
                             [&]
                             {
                                 kernel.run();
                             }) == errc::would_deadlock);
                   kernel.run_for(0s);
                   kernel.stop();
                   kernel.run();
                   Socket pub = kernel.socket("pub");
                   CHECK(code_of(
                             [&]
                             {
                                 pub.wait_for_subscribers("", 1, limit);
                             }) == errc::would_deadlock);
                   CHECK_FALSE(pub.wait_for_subscribers("", 1, no_wait));
                   CHECK(pub.wait_for_subscribers("", 0, limit));
                   CHECK_THROWS_AS(kernel.close(limit), boost::system::system_error);
                   CHECK_THROWS_AS(pull.close(limit), boost::system::system_error);
                   push.connect(pull.last_endpoint());
                   push.send("x");
                   push.flush(limit, error);
                   CHECK(error == errc::would_deadlock);
                   done = true;
               });
    context.run_one();
    REQUIRE(done);
    auto message = begin_receive(context, kernel.socket("pull"));
    drive(context,
          [&]
          {
              return is_over(message) && bound_in_hook;
          });
    CHECK(message.get().text == "x");
    CHECK(kernel.socket("pull").bound().size() == 2);
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

TEST_CASE("a host that was compiled with another Boost is refused, and told so")
{
    asio::io_context context;
    const auto refusal = [&](const std::function<void(detail::Layout&)>& doctor)
    {
        Contexts contexts(context);
        doctor(contexts.layout);
        try
        {
            const CheckedKernel kernel(contexts, hosted(push_and_pull()), quiet());
        }
        catch (const boost::system::system_error& error)
        {
            CHECK(error.code() == errc::incompatible_boost);
            return std::string(error.what());
        }
        return std::string("it was not refused");
    };
    const std::string version = refusal(
        [](detail::Layout& layout)
        {
            layout.boost_version = 106'501;
        });
    CAPTURE(version);
    CHECK(version.find("Boost 1.65.1") != std::string::npos);
    CHECK(version.find("libspaceframe with Boost " + std::to_string(BOOST_VERSION / 100'000) + "." +
                       std::to_string(BOOST_VERSION / 100 % 1'000)) != std::string::npos);
    CHECK(version.find("compile both with the same") != std::string::npos);
    const std::string macros = refusal(
        [](detail::Layout& layout)
        {
            layout.macros ^= detail::Layout::disable_threads;
        });
    CAPTURE(macros);
    CHECK(macros.find("BOOST_ASIO_DISABLE_THREADS") != std::string::npos);
    CHECK(refusal(
              [](detail::Layout& layout)
              {
                  layout.executor_size += 8;
              })
              .find("bytes") != std::string::npos);
    const std::string stale = refusal(
        [](detail::Layout& layout)
        {
            layout.macros &= 0xffffU;
        });
    CAPTURE(stale);
    CHECK(stale.find("revision 0") != std::string::npos);
    CHECK(stale.find("compile it again") != std::string::npos);
}

TEST_CASE("a manifest that gives threads is refused on a host's context")
{
    asio::io_context context;
    try
    {
        const CheckedKernel kernel(context, manifest_of({.threads = 0, .sockets = push_and_pull()}), quiet());
        FAIL("it was not refused");
    }
    catch (const boost::system::system_error& error)
    {
        CHECK(error.code() == errc::invalid_argument);
        CHECK(std::string(error.what()).find("kernel.threads") != std::string::npos);
    }
    ManifestBuilder builder;
    builder.threads(0);
    try
    {
        const Kernel kernel(context, builder.build(), quiet());
        FAIL("it was not refused");
    }
    catch (const boost::system::system_error& error)
    {
        const std::string text = error.what();
        CAPTURE(text);
        CHECK(text.starts_with("kernel.threads: "));
        CHECK(text.find("remove the key, or the call of threads()") != std::string::npos);
    }
}

TEST_CASE("a kernel that cannot start opens nothing on the host's context")
{
    asio::io_context context;
    const RawListener taken;
    CheckedKernel kernel(
        context, hosted(socket_lines("pull", "pull", "bind tcp://127.0.0.1:*\nbind " + taken.endpoint())),
        quiet());
    CHECK_THROWS_AS(kernel.start(), boost::system::system_error);
    CHECK(context.run_for(limit) < 100);
    CHECK(context.stopped());
}
