#pragma once

#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

// Kernels on contexts of their host.
namespace spaceframe::testing
{

namespace asio = boost::asio;

inline Manifest hosted(const std::string& sockets)
{
    return manifest_of({.threads = std::nullopt, .sockets = sockets});
}

inline std::string push_and_pull(std::string_view push = {}, std::string_view pull = {})
{
    return socket_lines("push", "push", push) +
           socket_lines("pull", "pull", std::string(pull) + "\nbind tcp://127.0.0.1:*");
}

inline KernelOptions quiet(std::function<void(const Event&)> on_event = {})
{
    return {.log = [](LogLevel, std::string_view) {}, .on_event = std::move(on_event)};
}

// Runs `context` on this thread until something is true that one of its handlers makes true.
inline void drive(asio::io_context& context, const std::function<bool()>& holds)
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
    return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

struct Outcome
{
    error_code error;
    std::string text;
};

using Pending = std::future<Outcome>;

// Calls whose handler runs on the context, so that drive() sees it.
inline Pending begin_receive(asio::io_context& context, const Socket& socket)
{
    const auto over = std::make_shared<std::promise<Outcome>>();
    async_receive(socket, asio::bind_executor(context,
                                              [over](error_code error, const Message& message)
                                              {
                                                  over->set_value({error, text_of(message)});
                                              }));
    return over->get_future();
}

inline Pending begin_wait_for_peers(asio::io_context& context, const Socket& socket, std::size_t count)
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
inline std::size_t count_threads()
{
    return static_cast<std::size_t>(std::distance(std::filesystem::directory_iterator("/proc/self/task"),
                                                  std::filesystem::directory_iterator()));
}

inline void join(asio::io_context& context, Kernel& kernel)
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

inline error_code code_of(const std::function<void()>& call)
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

inline bool can_connect(const std::string& endpoint)
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

} // namespace spaceframe::testing
