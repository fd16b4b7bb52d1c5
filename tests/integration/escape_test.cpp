// What happens to exceptions that handlers and hooks of the host let escape: the log hook hears of each.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

// A kernel with a PUSH and a PULL, and what was logged.
class Rig
{
public:
    explicit Rig(unsigned threads, std::function<void(const Event&)> on_event = {},
                 std::function<void()> on_error = {})
        : on_error_(std::move(on_error))
        , kernel_(manifest_of({.threads = threads,
                               .sockets = socket_lines("push", "push") +
                                          socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")}),
                  {.log =
                       [this](LogLevel level, std::string_view line)
                   {
                       heard(level, line);
                   },
                   .on_event = std::move(on_event)})
    {
        kernel_.start();
        push.connect(pull.last_endpoint());
        REQUIRE(push.wait_for_peers(1, limit));
    }
    Rig(const Rig&) = delete;
    Rig& operator=(const Rig&) = delete;

    // The first line of an error that has this in it.
    std::string await_error(std::string_view part)
    {
        const auto deadline = std::chrono::steady_clock::now() + limit;
        for (;;)
        {
            {
                const std::lock_guard guard(mutex_);
                const auto found = std::find_if(errors_.begin(), errors_.end(),
                                                [part](const std::string& line)
                                                {
                                                    return line.find(part) != std::string::npos;
                                                });
                if (found != errors_.end())
                {
                    return *found;
                }
            }
            if (std::chrono::steady_clock::now() > deadline)
            {
                throw std::runtime_error("nothing is logged of it");
            }
            kernel_.run_for(1ms);
        }
    }

    void check_that_it_works()
    {
        must_send(push, Message("still here"));
        CHECK(text_of(must_receive(pull)) == "still here");
    }

private:
    void heard(LogLevel level, std::string_view line)
    {
        if (level != LogLevel::error)
        {
            return;
        }
        {
            const std::lock_guard guard(mutex_);
            errors_.emplace_back(line);
        }
        if (on_error_)
        {
            on_error_();
        }
    }

    std::function<void()> on_error_;
    std::mutex mutex_;
    std::vector<std::string> errors_;
    Kernel kernel_;

public:
    Socket push = kernel_.socket("push");
    Socket pull = kernel_.socket("pull");
};

bool contains(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

// Memory for one allocation only.
template <class T>
struct Single
{
    using value_type = T;

    explicit Single(std::shared_ptr<std::atomic<bool>> is_used) : used(std::move(is_used))
    {}
    template <class U>
    Single(const Single<U>& other) : used(other.used)
    {}

    T* allocate(std::size_t count)
    {
        if (used->exchange(true))
        {
            throw std::bad_alloc();
        }
        return std::allocator<T>().allocate(count);
    }

    void deallocate(T* memory, std::size_t count)
    {
        std::allocator<T>().deallocate(memory, count);
    }

    bool operator==(const Single& other) const = default;

    std::shared_ptr<std::atomic<bool>> used;
};

struct Thrower
{
    using allocator_type = Single<int>;

    allocator_type get_allocator() const
    {
        return allocator;
    }

    void operator()(error_code /*error*/, const Message& /*message*/) const
    {
        throw std::runtime_error("thrown in a corner");
    }

    allocator_type allocator;
};

} // namespace

TEST_CASE("what a completion handler throws is logged with its place and a remedy, and the kernel goes on")
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        Rig rig(threads);
        async_receive(rig.pull,
                      [](error_code, const Message&)
                      {
                          throw std::runtime_error("the disk is full");
                      });
        rig.push.send("x");
        const std::string line = rig.await_error("the disk is full");
        CHECK(contains(line, "loop 0: an exception escaped from a handler"));
        CHECK(contains(line, "catch it in the completion handler"));
        rig.check_that_it_works();
    }
}

TEST_CASE("what a completion handler throws that is no std::exception is logged as well")
{
    Rig rig(1);
    async_receive(rig.pull,
                  [](error_code, const Message&)
                  {
                      throw 5;
                  });
    rig.push.send("x");
    CHECK(contains(rig.await_error("escaped"), "no std::exception"));
    rig.check_that_it_works();
}

TEST_CASE("a log hook that throws when it hears of an exception does not end the kernel")
{
    std::atomic<int> told{0};
    Rig rig(1, {},
            [&]
            {
                ++told;
                throw std::runtime_error("the log is full");
            });
    for (int i = 1; i <= 3; ++i)
    {
        async_receive(rig.pull,
                      [i](error_code, const Message&)
                      {
                          throw std::runtime_error("number " + std::to_string(i));
                      });
        rig.push.send("x");
        rig.await_error("number " + std::to_string(i));
    }
    rig.check_that_it_works();
    CHECK(told == 3);
}

TEST_CASE("a log hook that hears of an exception may wait for its loop no more than the handler could")
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        std::optional<Socket> pull;
        std::mutex mutex;
        std::vector<error_code> errors;
        Rig rig(threads, {},
                [&]
                {
                    Message message;
                    error_code error;
                    pull->receive(message, limit, error);
                    const std::lock_guard guard(mutex);
                    errors.push_back(error);
                });
        pull = rig.pull;
        async_receive(rig.pull,
                      [](error_code, const Message&)
                      {
                          throw std::runtime_error("no");
                      });
        rig.push.send("x");
        rig.await_error("no");
        rig.check_that_it_works();
        pull.reset();
        const std::lock_guard guard(mutex);
        REQUIRE(errors.size() == 1);
        CHECK(errors.front() == errc::would_deadlock);
    }
}

TEST_CASE("what the event hook throws is logged with the event")
{
    Rig rig(1,
            [](const Event& event)
            {
                if (event.kind == Event::Kind::ready && event.socket == "push")
                {
                    throw std::runtime_error("no such row");
                }
            });
    const std::string line = rig.await_error("no such row");
    CHECK(contains(line, "the event hook threw when it was told \"push ready tcp://127.0.0.1:"));
    rig.check_that_it_works();
}

TEST_CASE("what a handler throws that could not be posted is logged with its socket")
{
    Rig rig(1);
    boost::asio::io_context never_run;
    async_receive(
        rig.pull,
        boost::asio::bind_executor(
            never_run, Thrower{.allocator = Single<int>(std::make_shared<std::atomic<bool>>(false))}));
    rig.push.send("x");
    CHECK(contains(rig.await_error("thrown in a corner"), "pull: an exception escaped from a handler"));
    rig.check_that_it_works();
}
