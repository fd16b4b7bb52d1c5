#pragma once

// The calls of a socket that wait, for any completion token of Boost.Asio: `use_awaitable`, `use_future`,
// `deferred`, callbacks. A header of its own, so that hosts that only block need not compile Asio.
//
// - A handler runs on its associated executor, never inside the call that starts the operation. One that has
//   none runs on a loop of the kernel, or on a thread of Asio's system_executor once the kernel is closed.
//   With `threads 0` the kernel's loop runs only while somebody drives (Kernel::run, or any call that waits).
// - Cancellation: through the handler's cancellation slot; the operation then completes with
//   boost::asio::error::operation_aborted and has had no effect: a message that was not sent stays with its
//   sender (but async_bind and async_connect: what they opened stays). A batch of which a part was sent
//   completes with the number of those, and only for cancellation types `terminal` and `partial`.
// - A message that has been received already when the cancellation comes is not lost: the operation completes
//   with it. The `||` of Asio's awaitable_operators forgets the outcome of the slower side: give a receive
//   that may be given up a slot of its own (boost::asio::bind_cancellation_slot) and look at its error.
// - The timeouts of the socket are for blocking calls. An asynchronous one waits until it is done, or
//   cancelled.
// - Operations that wait while the socket or the kernel is closed complete with operation_aborted; later ones
//   with errc::terminated.
// - An operation that can be done at once allocates nothing: neither for itself, nor for its handler, which
//   Asio posts in memory that it recycles, nor to tell a loop of the kernel's own that there is something to
//   write; coroutines with `use_awaitable` included. That holds from the second or third call of a kind on,
//   on a thread that runs an io_context of the host's, for handlers with an executor of such a thread. Asio
//   allocates for each handler elsewhere: on the kernel's loops, where handlers run that have no executor,
//   and from a thread to a context that another one runs. What queues and windows hold is no part of it: they
//   grow with what they have to hold, and keep the memory. Nor is a topic of more than 15 bytes.
// - What a handler throws comes out of the host's own context where it has an executor of the host's. On a
//   loop of the kernel it is logged as an error (KernelOptions::log), and the loop goes on.
// - Operations of one kind complete in the order in which they were started.

#include <spaceframe/detail/pending.hpp>
#include <spaceframe/kernel.hpp>
#include <spaceframe/monitor.hpp>
#include <spaceframe/socket.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/system_executor.hpp>

#include <chrono>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace spaceframe
{

/// Sends `message`, which must stay where it is until the handler is called: empty then on success, as it was
/// on failure. Handler: void(error_code).
template <class Token>
auto async_send(const Socket& socket, Message& message, Token&& token)
{
    return detail::initiate(socket, detail::SendLent{{}, &message}, std::forward<Token>(token));
}

/// Sends a message that the operation keeps; it is lost when the operation fails. Handler: void(error_code).
template <class Token>
auto async_send(const Socket& socket, Message&& message, Token&& token)
{
    return detail::initiate(socket, detail::SendOwned{{}, std::move(message)}, std::forward<Token>(token));
}

/// Sends messages in order, as Socket::send_batch does; they must stay where they are until the handler is
/// called. Handler: void(error_code, std::size_t sent).
template <class Token>
auto async_send_batch(const Socket& socket, std::span<Message> messages, Token&& token)
{
    return detail::initiate(socket, detail::SendBatch{{}, messages}, std::forward<Token>(token));
}

/// Receives one message. Handler: void(error_code, Message).
template <class Token>
auto async_receive(const Socket& socket, Token&& token)
{
    return detail::initiate(socket, detail::ReceiveOne{}, std::forward<Token>(token));
}

/// Waits for one message and then takes what else is there, as Socket::receive_batch does; `messages` must
/// stay where they are until the handler is called. Handler: void(error_code, std::size_t received).
template <class Token>
auto async_receive_batch(const Socket& socket, std::span<Message> messages, Token&& token)
{
    return detail::initiate(socket, detail::ReceiveBatch{{}, messages}, std::forward<Token>(token));
}

/// Waits for a message that comes back from a lost peer, as Socket::receive_returned() does. Handler:
/// void(error_code, Message).
template <class Token>
auto async_receive_returned(const Socket& socket, Token&& token)
{
    return detail::initiate(socket, detail::ReceiveReturned{}, std::forward<Token>(token));
}

/// Waits for the next event of a monitor, as Monitor::receive() does. Handler: void(error_code,
/// MonitorEvent).
template <class Token>
auto async_receive(const Monitor& monitor, Token&& token)
{
    return detail::initiate(detail::socket_of(monitor), detail::NextEvent{monitor, {}},
                            std::forward<Token>(token));
}

/// Waits until at least `count` peers have completed their handshake. Handler: void(error_code).
template <class Token>
auto async_wait_for_peers(const Socket& socket, std::size_t count, Token&& token)
{
    return detail::initiate(socket, detail::AwaitPeers{{}, count}, std::forward<Token>(token));
}

/// Waits as Socket::wait_for_endpoint() does: until an endpoint that the manifest or the host opens listens,
/// or has a connection. Fails with the reason for which it never will. Handler: void(error_code).
template <class Token>
auto async_wait_for_endpoint(const Socket& socket, std::string_view endpoint, Token&& token)
{
    return detail::initiate(socket, detail::AwaitEndpoint{{}, std::string(endpoint)},
                            std::forward<Token>(token));
}

/// Binds as Socket::bind() does, and waits for no loop meanwhile: also where the thread must not. A
/// cancellation ends the wait alone. Handler: void(error_code, std::string), with the endpoint as bound.
/// Where the endpoint or an option is wrong (errc::invalid_argument), a warning of the log says what.
///
/// `options` count for this endpoint alone, as those of Socket::bind() do.
template <class Token>
auto async_bind(const Socket& socket, std::string_view endpoint, std::vector<Option> options, Token&& token)
{
    return detail::initiate(socket, detail::Bind{{std::string(endpoint), {true, std::move(options)}}},
                            std::forward<Token>(token));
}

template <class Token>
auto async_bind(const Socket& socket, std::string_view endpoint, Token&& token)
{
    return async_bind(socket, endpoint, {}, std::forward<Token>(token));
}

/// Begins to connect as Socket::connect() does, and waits until the handshake with the peer is complete for
/// the first time. Fails when the reconnect policy gives up. A cancellation ends the wait alone: the socket
/// goes on dialling. Handler: void(error_code). Where the endpoint or an option is wrong, a warning of the
/// log says what.
///
/// `options` count for this endpoint alone, as those of Socket::connect() do.
template <class Token>
auto async_connect(const Socket& socket, std::string_view endpoint, std::vector<Option> options,
                   Token&& token)
{
    return detail::initiate(socket, detail::Connect{{std::string(endpoint), {false, std::move(options)}}},
                            std::forward<Token>(token));
}

template <class Token>
auto async_connect(const Socket& socket, std::string_view endpoint, Token&& token)
{
    return async_connect(socket, endpoint, {}, std::forward<Token>(token));
}

/// PUB, XPUB: waits until a message that begins with `topic` would go to at least `count` peers. Handler:
/// void(error_code).
template <class Token>
auto async_wait_for_subscribers(const Socket& socket, std::string_view topic, std::size_t count,
                                Token&& token)
{
    return detail::initiate(socket, detail::AwaitSubscribers{{}, std::string(topic), count},
                            std::forward<Token>(token));
}

/// Hands everything that waits to the transports and waits until they took it. Handler: void(error_code).
template <class Token>
auto async_flush(const Socket& socket, Token&& token)
{
    return detail::initiate(socket, detail::Flush{}, std::forward<Token>(token));
}

/// Closes as Socket::close does, without a thread that waits: also in handlers, and on threads that run a
/// host's context. It stops listening at once. A wait that is cancelled leaves the socket half closed, for
/// another call to finish. Handler: void(error_code, CloseReport).
template <class Token>
auto async_close(const Socket& socket, Timeout deadline, Token&& token)
{
    return detail::initiate(socket, detail::Close{detail::end_of(deadline)}, std::forward<Token>(token));
}

/// Closes all sockets of a kernel, as Kernel::close does; its threads end with the Kernel, which may be
/// destroyed in the meantime: then what is left is discarded. It cannot be cancelled: give it a deadline. The
/// handler runs on its associated executor, or where those of the sockets do. Handler: void(error_code,
/// CloseReport).
template <class Token>
auto async_close(Kernel& kernel, Timeout deadline, Token&& token)
{
    return boost::asio::async_initiate<Token, void(error_code, CloseReport)>(
        [](auto handler, std::vector<Socket> sockets, std::chrono::steady_clock::time_point until)
        {
            using All = detail::CloseAll<decltype(handler)>;
            const boost::asio::any_io_executor fallback =
                sockets.empty() ? boost::asio::system_executor() : detail::executor_of(sockets.front());
            const auto executor = boost::asio::get_associated_executor(handler, fallback);
            const auto all = std::make_shared<All>(std::move(handler), sockets.size());
            if (sockets.empty())
            {
                boost::asio::post(executor,
                                  [all]
                                  {
                                      all->finish();
                                  });
            }
            for (const Socket& socket : sockets)
            {
                detail::initiate(
                    socket, detail::Close{until},
                    boost::asio::bind_executor(executor,
                                               [all](const error_code& error, const CloseReport& report)
                                               {
                                                   if (all->over(error, report))
                                                   {
                                                       all->finish();
                                                   }
                                               }));
            }
        },
        token, kernel.sockets(), detail::end_of(deadline));
}

} // namespace spaceframe
