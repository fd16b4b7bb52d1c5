// What asynchronous calls allocate that complete at once: nothing.
#include "allocations.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
namespace asio = boost::asio;

// Asio's memory is there after the first calls of a kind.
constexpr std::size_t warm_up = 10;
constexpr std::size_t rounds = 60;
constexpr std::size_t batch = 4;
constexpr std::size_t most = (warm_up + rounds) * batch;

enum class Drive
{
    callers, // threads 0
    own,     // threads 1
    host,    // a context that another thread runs
};

constexpr std::array<Drive, 3> all_drives{Drive::callers, Drive::own, Drive::host};

std::vector<Message> messages(std::size_t count)
{
    std::vector<Message> made;
    for (std::size_t i = 0; i < count; ++i)
    {
        made.emplace_back(std::string_view("hello"));
    }
    return made;
}

// Two pairs of sockets whose peers are there. The calls come from a thread that runs a context of its own.
class Rig
{
public:
    explicit Rig(Drive drive)
    {
        // On a host's context a write that is left to the loop is told in the host's memory.
        const Manifest manifest = manifest_of(
            {.threads = drive == Drive::host ? std::nullopt : std::optional(drive == Drive::own ? 1U : 0U),
             .sockets = socket_lines("push", "push", drive == Drive::host ? "flush immediate" : "") +
                        socket_lines("pull", "pull", "bind tcp://127.0.0.1:*") +
                        socket_lines("pub", "pub", "bind tcp://127.0.0.1:*") +
                        socket_lines("sub", "sub", "subscribe news")});
        if (drive == Drive::host)
        {
            kernel_ = std::make_unique<Kernel>(host_, manifest);
            thread_.start(
                [this]
                {
                    host_.run();
                });
        }
        else
        {
            kernel_ = std::make_unique<Kernel>(manifest);
        }
        kernel_->start();
        kernel_->socket("push").connect(kernel_->socket("pull").last_endpoint());
        kernel_->socket("sub").connect(kernel_->socket("pub").last_endpoint());
        REQUIRE(kernel_->socket("push").wait_for_peers(1, limit));
        REQUIRE(kernel_->socket("pub").wait_for_subscribers("news", 1, limit));
        grow();
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;
    ~Rig()
    {
        kernel_.reset();
        work_.reset();
    }

    Socket operator[](std::string_view name)
    {
        return kernel_->socket(name);
    }

    void await_pending(std::size_t messages)
    {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        while (kernel_->socket("pull").ledger().pending != messages)
        {
            if (std::chrono::steady_clock::now() > deadline)
            {
                throw std::runtime_error("the messages do not arrive");
            }
            kernel_->run_for(std::chrono::milliseconds(1));
        }
    }

    asio::io_context context; // where handlers run

private:
    // What the kernel keeps for messages on their way, it keeps: slabs, and the index of both windows.
    void grow()
    {
        const std::vector<std::byte> slab(std::size_t{128} * 1024);
        std::vector<Frame> slabs;
        for (int i = 0; i < 8; ++i)
        {
            slabs.emplace_back(Bytes(slab));
        }
        slabs.clear();
        Socket push = kernel_->socket("push");
        Socket pull = kernel_->socket("pull");
        for (int window = 0; window < 2; ++window)
        {
            std::vector<Message> many = messages(most);
            {
                const Cork cork = push.cork();
                push.send_batch(many);
            }
            await_pending(most);
            push.flush();
            for (std::size_t received = 0; received < most;)
            {
                received += pull.receive_batch(many);
            }
        }
    }

    asio::io_context host_;
    asio::executor_work_guard<asio::io_context::executor_type> work_{host_.get_executor()};
    Threads thread_;
    std::unique_ptr<Kernel> kernel_;
};

// Calls `start(round, handler)` again and again, each time from the handler of the call before. Returns what
// the thread allocated in all rounds but the first ones.
template <class Start>
class Chain
{
public:
    Chain(asio::io_context& context, Start start) : context_(context), start_(std::move(start))
    {}

    std::size_t run()
    {
        asio::post(context_,
                   [this]
                   {
                       next();
                   });
        context_.restart();
        context_.run();
        REQUIRE(round_ == warm_up + rounds);
        CHECK(failures_ == 0);
        return last_ - first_;
    }

private:
    void next()
    {
        if (round_ == warm_up)
        {
            first_ = allocations_here();
        }
        if (round_ == warm_up + rounds)
        {
            last_ = allocations_here();
            return;
        }
        start_(round_++, asio::bind_executor(context_.get_executor(),
                                             [this](const error_code& error, const auto&... /*outcome*/)
                                             {
                                                 failures_ += error ? 1 : 0;
                                                 next();
                                             }));
    }

    asio::io_context& context_;
    Start start_;
    std::size_t round_ = 0;
    std::size_t first_ = 0;
    std::size_t last_ = 0;
    int failures_ = 0;
};

// The same for a coroutine that awaits `call(round)`.
template <class Call>
std::size_t await_each(asio::io_context& context, Call call)
{
    std::size_t first = 0;
    std::size_t last = 0;
    std::exception_ptr failure;
    asio::co_spawn(
        context,
        [&]() -> asio::awaitable<void>
        {
            for (std::size_t round = 0; round < warm_up + rounds; ++round)
            {
                if (round == warm_up)
                {
                    first = allocations_here();
                }
                co_await call(round);
            }
            last = allocations_here();
        },
        [&](const std::exception_ptr& problem)
        {
            failure = problem;
        });
    context.restart();
    context.run();
    CHECK_FALSE(failure);
    CHECK(first > 0);
    CHECK(last > 0);
    return last - first;
}

} // namespace

TEST_CASE("allocations are counted, also those inside of the library")
{
    const std::size_t before = allocations_here();
    const Frame frame("made by the library");
    CHECK(allocations_here() == before + 1);
    const auto vector = std::make_unique<std::vector<Frame>>(2, frame);
    CHECK(allocations_here() == before + 3);
    CHECK(vector->size() == 2);
}

TEST_CASE("callbacks: calls that complete at once allocate nothing")
{
    for (const Drive drive : all_drives)
    {
        CAPTURE(static_cast<int>(drive));
        Rig rig(drive);
        const Socket push = rig["push"];
        const Socket pull = rig["pull"];
        const Socket pub = rig["pub"];
        constexpr std::size_t total = warm_up + rounds;

        std::vector<Message> out = messages(total);
        CHECK(Chain(rig.context,
                    [&](std::size_t round, auto handler)
                    {
                        async_send(push, out[round], std::move(handler));
                    })
                  .run() == 0);
        rig.await_pending(total);
        CHECK(Chain(rig.context,
                    [&](std::size_t /*round*/, auto handler)
                    {
                        async_receive(pull, std::move(handler));
                    })
                  .run() == 0);

        out = messages(batch * total);
        CHECK(Chain(rig.context,
                    [&](std::size_t round, auto handler)
                    {
                        async_send_batch(push, std::span(out).subspan(batch * round, batch),
                                         std::move(handler));
                    })
                  .run() == 0);
        rig.await_pending(batch * total);
        std::vector<Message> in(batch);
        CHECK(Chain(rig.context,
                    [&](std::size_t /*round*/, auto handler)
                    {
                        async_receive_batch(pull, in, std::move(handler));
                    })
                  .run() == 0);

        CHECK(Chain(rig.context,
                    [&](std::size_t /*round*/, auto handler)
                    {
                        async_wait_for_peers(push, 1, std::move(handler));
                    })
                  .run() == 0);
        CHECK(Chain(rig.context,
                    [&](std::size_t /*round*/, auto handler)
                    {
                        async_wait_for_subscribers(pub, "news", 1, std::move(handler));
                    })
                  .run() == 0);
        rig["push"].flush();
        CHECK(Chain(rig.context,
                    [&](std::size_t /*round*/, auto handler)
                    {
                        async_flush(push, std::move(handler));
                    })
                  .run() == 0);
    }
}

TEST_CASE("coroutines: calls that complete at once allocate nothing")
{
    for (const Drive drive : all_drives)
    {
        CAPTURE(static_cast<int>(drive));
        Rig rig(drive);
        const Socket push = rig["push"];
        const Socket pull = rig["pull"];
        const Socket pub = rig["pub"];
        constexpr std::size_t total = warm_up + rounds;

        std::vector<Message> out = messages(total);
        CHECK(await_each(rig.context,
                         [&](std::size_t round)
                         {
                             return async_send(push, out[round], asio::use_awaitable);
                         }) == 0);
        rig.await_pending(total);
        CHECK(await_each(rig.context,
                         [&](std::size_t /*round*/)
                         {
                             return async_receive(pull, asio::use_awaitable);
                         }) == 0);

        out = messages(batch * total);
        CHECK(await_each(rig.context,
                         [&](std::size_t round)
                         {
                             return async_send_batch(push, std::span(out).subspan(batch * round, batch),
                                                     asio::use_awaitable);
                         }) == 0);
        rig.await_pending(batch * total);
        std::vector<Message> in(batch);
        CHECK(await_each(rig.context,
                         [&](std::size_t /*round*/)
                         {
                             return async_receive_batch(pull, in, asio::use_awaitable);
                         }) == 0);

        CHECK(await_each(rig.context,
                         [&](std::size_t /*round*/)
                         {
                             return async_wait_for_peers(push, 1, asio::use_awaitable);
                         }) == 0);
        CHECK(await_each(rig.context,
                         [&](std::size_t /*round*/)
                         {
                             return async_wait_for_subscribers(pub, "news", 1, asio::use_awaitable);
                         }) == 0);
        rig["push"].flush();
        CHECK(await_each(rig.context,
                         [&](std::size_t /*round*/)
                         {
                             return async_flush(push, asio::use_awaitable);
                         }) == 0);
    }
}
