// Two coroutines play ping-pong through a kernel, and all of it runs on this program's io_context, with one
// thread.

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>
#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <chrono>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <stdexcept>
#include <string>

namespace
{

namespace asio = boost::asio;
using namespace std::chrono_literals;
using spaceframe::error_code;
using spaceframe::Message;
using spaceframe::Socket;

constexpr int rounds = 500;

spaceframe::Manifest make_manifest()
{
    spaceframe::ManifestBuilder builder("coroutines");
    builder.socket("ping", "dealer");
    builder.socket("pong", "dealer").bind("tcp://127.0.0.1:*");
    return builder.build();
}

int number_in(const Message& message)
{
    return std::stoi(std::string(message.front().text()));
}

// Receives one message, or gives up after `patience`, and loses none by that: `error` says which.
asio::awaitable<Message> receive_within(Socket socket, std::chrono::milliseconds patience, error_code& error)
{
    const auto executor = co_await asio::this_coro::executor;
    asio::cancellation_signal late;
    asio::steady_timer timer(executor, patience);
    timer.async_wait(
        [&late](error_code cancelled)
        {
            if (!cancelled)
            {
                late.emit(asio::cancellation_type::terminal);
            }
        });
    Message message = co_await spaceframe::async_receive(
        socket, asio::bind_cancellation_slot(late.slot(), asio::redirect_error(asio::use_awaitable, error)));
    timer.cancel();
    // The timer's handler refers to `late`: let it run before that goes.
    co_await asio::post(executor, asio::use_awaitable);
    co_return message;
}

// Serves, and sends back one more than what came, until the ball is lost.
asio::awaitable<void> ping(Socket socket, int& last)
{
    co_await spaceframe::async_wait_for_peers(socket, 1, asio::use_awaitable);
    for (int ball = 0;;)
    {
        co_await spaceframe::async_send(socket, Message(std::to_string(ball)), asio::use_awaitable);
        // The other one plays on for a while, then keeps the ball.
        error_code error;
        const bool match_point = ball >= 2 * rounds - 2;
        const Message answer = co_await receive_within(socket, match_point ? 20ms : 10'000ms, error);
        if (error == asio::error::operation_aborted && match_point)
        {
            co_return;
        }
        if (error)
        {
            throw boost::system::system_error(error, "ping waited for the ball");
        }
        last = number_in(answer);
        ball = last + 1;
    }
}

// Answers all but the last.
asio::awaitable<void> pong(Socket socket, int& answered)
{
    for (;;)
    {
        const Message message = co_await spaceframe::async_receive(socket, asio::use_awaitable);
        const int ball = number_in(message);
        if (ball != 2 * answered)
        {
            throw std::runtime_error("pong got ball " + std::to_string(ball));
        }
        if (answered == rounds - 1)
        {
            co_return;
        }
        co_await spaceframe::async_send(socket, Message(std::to_string(ball + 1)), asio::use_awaitable);
        ++answered;
    }
}

bool run()
{
    asio::io_context context;
    std::optional<spaceframe::Kernel> kernel;
    kernel.emplace(context, make_manifest());
    kernel->start();
    const Socket one = kernel->socket("ping");
    const Socket other = kernel->socket("pong");
    Socket(one).connect(other.last_endpoint());

    int playing = 2;
    bool failed = false;
    const auto note = [&](const std::exception_ptr& failure)
    {
        if (failure)
        {
            failed = true;
            try
            {
                std::rethrow_exception(failure);
            }
            catch (const std::exception& problem)
            {
                std::cerr << problem.what() << '\n';
            }
        }
        if (--playing == 0 || failure)
        {
            // It waits for nothing. It ends the other coroutine's wait, and run(), which has nothing left to
            // do.
            kernel.reset();
        }
    };
    int last = -1;
    int answered = 0;
    asio::co_spawn(context, ping(one, last), note);
    asio::co_spawn(context, pong(other, answered), note);
    context.run();

    std::cout << "pong answered " << answered << " times, the last time with " << last
              << "; then ping's deadline passed\n";
    return !failed && answered == rounds - 1 && last == 2 * rounds - 3;
}

} // namespace

int main()
{
    try
    {
        return run() ? EXIT_SUCCESS : EXIT_FAILURE;
    }
    catch (const std::exception& problem)
    {
        std::cerr << problem.what() << '\n';
        return EXIT_FAILURE;
    }
}
