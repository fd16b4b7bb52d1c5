#pragma once

#include <spaceframe/plugin/posix/socket_stream.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>
#include <string>
#include <utility>

#include <errno.h>
#include <sys/socket.h>

namespace spaceframe::plugin::posix
{

// The nested class Listener of a transport over sockets: accepts until it is closed.
//
// When accepting fails for want of descriptors or memory, that is reported and tried again after a pause,
// which doubles from 100 ms to 1 s while the want lasts: waiting connections keep the socket readable, so
// that going on at once would be a busy loop. Connections that died in the queue are passed over.
class SocketListener
{
public:
    // `socket` listens already. `address` is what a peer would dial. `companion` ends with the listener, just
    // before the socket is closed (the file of a local socket, say); may be empty.
    // Throws; begins when `start` is called, which cannot fail.
    SocketListener(Host host, sf_loop* loop, Descriptor socket, std::string address,
                   std::shared_ptr<const SocketKind> kind, StreamCallback<SocketStream> accepted,
                   std::shared_ptr<void> companion = nullptr)
        : host_(host)
        , socket_(std::move(socket))
        , address_(std::move(address))
        , kind_(std::move(kind))
        , accepted_(accepted)
        , companion_(std::move(companion))
        , watch_(host, loop, socket_.get())
        , timer_(host, loop)
    {}

    void start() noexcept
    {
        ++outstanding_;
        watch_.wait(SF_READABLE, callback<&SocketListener::on_event>(this));
    }

    Result address(char* buffer, std::size_t capacity) const noexcept
    {
        if (address_.size() >= capacity)
        {
            return -SF_TOO_LARGE;
        }
        std::memcpy(buffer, address_.c_str(), address_.size() + 1);
        return static_cast<Result>(address_.size());
    }

    // Disposes of the object when the last callback has come.
    void close() noexcept
    {
        closed_ = true;
        watch_.close();
        timer_.close();
        companion_.reset();
        socket_.close();
    }

private:
    static constexpr int batch = 64;
    static constexpr std::chrono::nanoseconds shortest_pause = std::chrono::milliseconds(100);
    static constexpr std::chrono::nanoseconds longest_pause = std::chrono::seconds(1);

    // The socket is readable, or a pause is over.
    void on_event(Status) noexcept
    {
        if (!closed_)
        {
            const bool in_want = accept_waiting();
            if (!closed_)
            {
                in_want ? pause() : start();
            }
        }
        if (--outstanding_ == 0)
        {
            delete this;
        }
    }

    void pause() noexcept
    {
        ++outstanding_;
        timer_.start(static_cast<std::uint64_t>(pause_.count()), callback<&SocketListener::on_event>(this));
        pause_ = std::min(pause_ * 2, longest_pause);
    }

    // False when all is well: the queue is empty or the batch is full.
    bool accept_waiting() noexcept
    {
        for (int i = 0; i != batch && !closed_; ++i)
        {
            sockaddr_storage peer{};
            socklen_t length = sizeof peer;
            Descriptor socket(::accept4(socket_.get(), reinterpret_cast<sockaddr*>(&peer), &length,
                                        SOCK_NONBLOCK | SOCK_CLOEXEC));
            if (socket)
            {
                announce(std::move(socket), make_address(&peer, length));
            }
            else if (errno == EAGAIN)
            {
                return false;
            }
            else if (!died_in_queue(errno))
            {
                report(errno);
                return true;
            }
        }
        return false;
    }

    // Errors that accept(2) hands over from the connection, or from the network; the next one may be fine.
    static bool died_in_queue(int os_error) noexcept
    {
        switch (os_error)
        {
        case ECONNABORTED:
        case EINTR:
        case EPROTO:
        case EPERM:
        case ENETDOWN:
        case ENOPROTOOPT:
        case EHOSTDOWN:
        case EHOSTUNREACH:
        case ENETUNREACH:
        case EOPNOTSUPP:
            return true;
        default:
            return false;
        }
    }

    void announce(Descriptor socket, const sf_address& peer) noexcept
    {
        SocketStream* stream = nullptr;
        try
        {
            kind_->configure(socket.get());
            Properties properties = kind_->properties(socket.get(), peer);
            stream = new SocketStream(host_, std::move(socket), std::move(properties));
        }
        catch (...)
        {
            accepted_.fail(plugin::detail::report_exception(host_.table()));
            return;
        }
        pause_ = shortest_pause;
        accepted_(stream);
    }

    void report(int os_error) noexcept
    {
        Status status = SF_NO_MEMORY;
        try
        {
            status = host_.fail(
                status_of(os_error),
                sentence("cannot accept a connection on " + address_, os_error, remedy_of(os_error)),
                os_error);
        }
        catch (...)
        {
            status = plugin::detail::report_exception(host_.table());
        }
        accepted_.fail(status);
    }

    Host host_;
    Descriptor socket_;
    std::string address_;
    std::shared_ptr<const SocketKind> kind_;
    StreamCallback<SocketStream> accepted_;
    std::shared_ptr<void> companion_;
    Watch watch_;
    Timer timer_;
    std::chrono::nanoseconds pause_ = shortest_pause;
    unsigned outstanding_ = 0; // callbacks that were asked for and have not come
    bool closed_ = false;
};

} // namespace spaceframe::plugin::posix
