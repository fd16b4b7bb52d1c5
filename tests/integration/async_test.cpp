// Asynchronous calls: each kind of completion token, cancellation, order, and what they cost.
#include "content.hpp"
#include "future.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <array>
#include <future>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string push_and_pull(std::string_view push = {}, std::string_view pull = {})
{
    return socket_lines("push", "push", push) +
           socket_lines("pull", "pull", std::string(pull) + "\nbind tcp://127.0.0.1:*");
}

void join(TestKernel& kernel)
{
    Socket push = kernel["push"];
    push.connect(kernel["pull"].last_endpoint());
    REQUIRE(push.wait_for_peers(1, limit));
}

// gcc 12 takes no list of initialisers inside a coroutine.
Message numbered(std::uint64_t index)
{
    return make_message(index, {index % 100, 7});
}

bool is_numbered(const Message& message, std::uint64_t index)
{
    return problem_with(message, 0, index, {index % 100, 7}).empty();
}

// Memory for so many allocations.
template <class T>
struct Refusing
{
    using value_type = T;

    explicit Refusing(std::shared_ptr<int> counter) : left(std::move(counter))
    {}
    template <class U>
    Refusing(const Refusing<U>& other) : left(other.left)
    {}

    T* allocate(std::size_t count)
    {
        if (--*left < 0)
        {
            throw std::bad_alloc();
        }
        return std::allocator<T>().allocate(count);
    }

    void deallocate(T* memory, std::size_t count)
    {
        std::allocator<T>().deallocate(memory, count);
    }

    bool operator==(const Refusing& other) const = default;

    std::shared_ptr<int> left;
};

struct Receiver
{
    using allocator_type = Refusing<int>;

    allocator_type get_allocator() const
    {
        return allocator;
    }

    void operator()(error_code error, const Message&) const
    {
        over->set_value(error);
    }

    allocator_type allocator;
    std::shared_ptr<std::promise<error_code>> over;
};

template <class T>
bool is_over(std::future<T>& future)
{
    return future.wait_for(0s) == std::future_status::ready;
}

} // namespace

TEST_CASE("futures: a send and a receive, before and after the message is there")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        join(kernel);
        auto early = async_receive(kernel["pull"], asio::use_future);
        CHECK_FALSE(is_over(early));
        Message message("first");
        get(kernel, async_send(kernel["push"], message, asio::use_future));
        CHECK(message.empty());
        CHECK(text_of(get(kernel, std::move(early))) == "first");
        get(kernel, async_send(kernel["push"], Message("second"), asio::use_future));
        CHECK(text_of(get(kernel, async_receive(kernel["pull"], asio::use_future))) == "second");
    }
}

TEST_CASE("coroutines on a context of the host talk through two sockets of the kernel")
{
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        constexpr std::uint64_t total = 5000;
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        join(kernel);
        asio::io_context context;
        std::uint64_t received = 0;
        std::exception_ptr failure;
        const auto note = [&](const std::exception_ptr& problem)
        {
            failure = problem ? problem : failure;
        };
        asio::co_spawn(
            context,
            [&, push = kernel["push"]]() -> asio::awaitable<void>
            {
                for (std::uint64_t i = 0; i < total; ++i)
                {
                    Message message = numbered(i);
                    co_await async_send(push, message, asio::use_awaitable);
                }
                co_await async_flush(push, asio::use_awaitable);
            },
            note);
        asio::co_spawn(
            context,
            [&, pull = kernel["pull"]]() -> asio::awaitable<void>
            {
                for (; received < total; ++received)
                {
                    const Message message = co_await async_receive(pull, asio::use_awaitable);
                    REQUIRE(is_numbered(message, received));
                }
            },
            note);
        context.run_for(limit);
        CHECK(received == total);
        CHECK_FALSE(failure);
    }
}

TEST_CASE("a coroutine sends a message of several frames that it names in the call")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    asio::io_context context;
    std::exception_ptr failure;
    asio::co_spawn(
        context,
        [push = kernel["push"]]() -> asio::awaitable<void>
        {
            co_await async_send(push, Message{"topic", "body", "more"}, asio::use_awaitable);
        },
        [&](const std::exception_ptr& problem)
        {
            failure = problem;
        });
    context.run_for(limit);
    CHECK_FALSE(failure);
    Socket pull = kernel["pull"];
    const Message received = must_receive(pull);
    REQUIRE(received.size() == 3);
    CHECK(text_of(received, 0) == "topic");
    CHECK(text_of(received, 1) == "body");
    CHECK(text_of(received, 2) == "more");
}

TEST_CASE("a handler runs on its own executor, never inside the call that starts it")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    asio::io_context context;
    bool sent = false;
    Message message("x");
    async_send(kernel["push"], message,
               asio::bind_executor(context,
                                   [&](error_code error)
                                   {
                                       CHECK_FALSE(error);
                                       CHECK(context.get_executor().running_in_this_thread());
                                       sent = true;
                                   }));
    CHECK_FALSE(sent);
    context.run_for(limit);
    CHECK(sent);
}

TEST_CASE("deferred operations begin when they are called")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    auto receive = async_receive(kernel["pull"], asio::deferred);
    kernel["push"].send("late");
    CHECK(text_of(get(kernel, std::move(receive)(asio::use_future))) == "late");
}

TEST_CASE("a send that is cancelled is not sent, and the message stays with its sender")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("send_hwm 2")});
        Socket push = kernel["push"];
        RawListener port;
        push.connect(port.endpoint());
        push.send("1");
        push.send("2");
        asio::cancellation_signal signal;
        Message message("not sent");
        std::promise<error_code> over;
        async_send(push, message,
                   asio::bind_cancellation_slot(signal.slot(),
                                                [&](error_code error)
                                                {
                                                    over.set_value(error);
                                                }));
        auto third = async_send(push, Message("3"), asio::use_future);
        CHECK_FALSE(is_over(third));
        signal.emit(asio::cancellation_type::total);
        CHECK(get(kernel, over.get_future()) == asio::error::operation_aborted);
        CHECK(text_of(message) == "not sent");
        CHECK_FALSE(is_over(third));

        std::vector<std::string> frames;
        Threads reader;
        reader.start(
            [&]
            {
                RawPeer peer = port.accept();
                peer.shake_hands("PULL");
                for (int i = 0; i < 3; ++i)
                {
                    unsigned flags = 0;
                    const auto frame = peer.read_frame(flags);
                    frames.emplace_back(frame.begin(), frame.end());
                }
            });
        get(kernel, std::move(third));
        kernel.await_state(
            [&]
            {
                return push.ledger().written == 3;
            },
            "all is written");
        reader.join();
        CHECK(frames == std::vector<std::string>{"1", "2", "3"});
        CHECK(push.ledger().accepted == 3);
    }
}

TEST_CASE("a receive that is cancelled takes nothing")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    Socket pull = kernel["pull"];
    asio::cancellation_signal signal;
    std::promise<error_code> over;
    async_receive(pull, asio::bind_cancellation_slot(signal.slot(),
                                                     [&](error_code error, const Message&)
                                                     {
                                                         over.set_value(error);
                                                     }));
    signal.emit(asio::cancellation_type::terminal);
    CHECK(get(kernel, over.get_future()) == asio::error::operation_aborted);
    kernel["push"].send("x");
    CHECK(text_of(must_receive(pull)) == "x");
}

TEST_CASE("a coroutine gives up a receive when its time is over, and loses no message by that")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    asio::io_context context;
    Socket pull = kernel["pull"];
    Socket push = kernel["push"];
    std::uint64_t received = 0;
    std::uint64_t given_up = 0;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            asio::steady_timer timer(context);
            while (received < 200)
            {
                asio::cancellation_signal late;
                timer.expires_after(std::chrono::microseconds(received % 50));
                timer.async_wait(
                    [&late](error_code error)
                    {
                        if (!error)
                        {
                            late.emit(asio::cancellation_type::terminal);
                        }
                    });
                error_code error;
                const Message message = co_await async_receive(
                    pull, asio::bind_cancellation_slot(late.slot(),
                                                       asio::redirect_error(asio::use_awaitable, error)));
                timer.cancel();
                co_await asio::post(context, asio::use_awaitable); // the timer's handler has run
                if (error)
                {
                    push.send(numbered(given_up++));
                    continue;
                }
                REQUIRE(is_numbered(message, received));
                ++received;
            }
        },
        [](const std::exception_ptr& failure)
        {
            CHECK_FALSE(failure);
        });
    context.run_for(limit);
    CHECK(received == 200);
    CHECK(pull.ledger().delivered == 200);
}

TEST_CASE("batches, peers and a flush can be awaited")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("send_hwm 10", "recv_hwm 10")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        auto ready = async_wait_for_peers(pull, 1, asio::use_future);
        CHECK_FALSE(is_over(ready));
        push.connect(pull.last_endpoint());
        get(kernel, std::move(ready));

        constexpr std::uint64_t total = 500;
        std::vector<Message> out;
        for (std::uint64_t i = 0; i < total; ++i)
        {
            out.push_back(make_message(i, {3000}));
        }
        // More than there is room for: a part goes at once.
        auto sent = async_send_batch(push, out, asio::use_future);
        auto flushed = async_flush(push, asio::use_future);
        std::vector<Message> in(64);
        for (std::uint64_t next = 0; next < total;)
        {
            const std::size_t count = get(kernel, async_receive_batch(pull, in, asio::use_future));
            REQUIRE(count > 0);
            for (std::size_t i = 0; i < count; ++i)
            {
                REQUIRE(problem_with(in[i], 0, next++, {3000}) == "");
            }
        }
        CHECK(get(kernel, std::move(sent)) == total);
        get(kernel, std::move(flushed));
        CHECK(out.back().empty());
    }
}

TEST_CASE("many receives that wait are served in the order in which they came")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        join(kernel);
        std::vector<std::future<Message>> receives;
        for (int i = 0; i < 50; ++i)
        {
            receives.push_back(async_receive(kernel["pull"], asio::use_future));
        }
        Socket push = kernel["push"];
        for (std::uint64_t i = 0; i < 50; ++i)
        {
            must_send(push, make_message(i, {1}));
        }
        for (std::uint64_t i = 0; i < 50; ++i)
        {
            CHECK(problem_with(get(kernel, std::move(receives[i])), 0, i, {1}) == "");
        }
    }
}

TEST_CASE("sends wait for permits, and all permits come back")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        constexpr std::uint64_t total = 300;
        TestKernel kernel(
            {.threads = threads,
             .sockets = push_and_pull("backpressure small\nsndbuf 16KiB", "recv_hwm 5\nrcvbuf 16KiB"),
             .more = "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 20KiB\n}\n}\n"});
        join(kernel);
        std::vector<std::future<void>> sends;
        for (std::uint64_t i = 0; i < total; ++i)
        {
            sends.push_back(
                async_send(kernel["push"], make_message(i, {1 + (i * 37) % 15'000}), asio::use_future));
        }
        for (std::uint64_t i = 0; i < total; ++i)
        {
            const Message message = get(kernel, async_receive(kernel["pull"], asio::use_future));
            REQUIRE(problem_with(message, 0, i, {1 + (i * 37) % 15'000}) == "");
        }
        for (std::future<void>& send : sends)
        {
            get(kernel, std::move(send));
        }
        kernel.await_state(
            [&]
            {
                return kernel["push"].budget().used == 0;
            },
            "the budget is whole");
        CHECK(kernel["push"].budget().waited > 0);
    }
}

TEST_CASE("closing ends what waits with operation_aborted, and what comes later with terminated")
{
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        asio::io_context context;
        std::vector<error_code> errors;
        const auto note = [&]
        {
            return asio::bind_executor(context,
                                       [&](error_code error, auto&&...)
                                       {
                                           errors.push_back(error);
                                       });
        };
        async_receive(kernel["pull"], note());
        async_wait_for_peers(kernel["push"], 1, note());
        kernel.close();
        async_receive(kernel["pull"], note());
        context.run_for(limit);
        REQUIRE(errors.size() == 3);
        CHECK(errors[0] == asio::error::operation_aborted);
        CHECK(errors[1] == asio::error::operation_aborted);
        CHECK(errors[2] == errc::terminated);
    }
}

TEST_CASE("a handler whose context goes away before its operation is over is let go, not called")
{
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    const auto witness = std::make_shared<int>(0);
    {
        asio::io_context context;
        async_send(kernel["push"], Message("x"),
                   asio::bind_executor(context,
                                       [witness](error_code)
                                       {
                                           ++*witness;
                                       }));
    }
    CHECK(witness.use_count() == 1);
    CHECK(*witness == 0);
}

TEST_CASE("after the kernel was closed a handler without an executor is still called")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        kernel.close();
        auto over = std::make_shared<std::promise<error_code>>();
        auto error = over->get_future();
        async_receive(kernel["pull"],
                      [over](error_code problem, const Message&)
                      {
                          over->set_value(problem);
                      });
        REQUIRE(error.wait_for(limit) == std::future_status::ready);
        CHECK(error.get() == errc::terminated);
    }
}

TEST_CASE("a handler is called once, and its memory freed, when there is none to post it")
{
    // Outlives the kernel's thread, which calls the handler. Only an executor whose type is known takes
    // memory from the handler's allocator.
    asio::io_context never_run;
    TestKernel kernel({.threads = 1, .sockets = push_and_pull()});
    join(kernel);
    const auto left = std::make_shared<int>(1);
    const auto over = std::make_shared<std::promise<error_code>>();
    auto error = over->get_future();
    async_receive(kernel["pull"], asio::bind_executor(never_run, Receiver{Refusing<int>(left), over}));
    kernel["push"].send("x");
    REQUIRE(error.wait_for(limit) == std::future_status::ready);
    CHECK_FALSE(error.get());
}
