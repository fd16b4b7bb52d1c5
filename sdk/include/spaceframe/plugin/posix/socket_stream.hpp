#pragma once

#include <spaceframe/plugin/handles.hpp>
#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/posix/descriptor.hpp>
#include <spaceframe/plugin/posix/failure.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>

#include <array>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include <errno.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>

namespace spaceframe::plugin::posix
{

// A connection over a non-blocking stream socket: the nested class Stream of a transport that has nothing to
// add (no encryption, no framing). Threads, ownership and results of each function: `stream_…` in abi.h.
// Reading and writing may run on two threads at once.
class SocketStream
{
public:
    SocketStream(Host host, Descriptor socket, Properties properties)
        : host_(host)
        , socket_(std::move(socket))
        , properties_(std::move(properties))
    {}

    Host host() const noexcept
    {
        return host_;
    }

    // For a stream that was made without a socket, before it is attached.
    void own(Descriptor socket) noexcept
    {
        socket_ = std::move(socket);
    }

    Status attach(sf_loop* loop)
    {
        watch_ = Watch(host_, loop, socket_.get());
        return SF_OK;
    }

    std::uint32_t flags() const noexcept
    {
        return SF_STREAM_PARALLEL;
    }

    Result read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept
    {
        flags = 0;
        for (;;)
        {
            const ssize_t count = ::recv(socket_.get(), buffer, capacity, 0);
            if (count > 0)
            {
                return count;
            }
            if (count == 0)
            {
                return -SF_CLOSED;
            }
            if (errno != EINTR)
            {
                return failed("reading from", errno);
            }
        }
    }

    Result write(const sf_iov* buffers, std::size_t count) noexcept
    {
        iovec entries[max_entries];
        msghdr message{};
        message.msg_iov = entries;
        for (std::size_t i = 0; i != count && message.msg_iovlen != max_entries; ++i)
        {
            entries[message.msg_iovlen].iov_base = const_cast<std::uint8_t*>(buffers[i].data);
            entries[message.msg_iovlen].iov_len = buffers[i].size;
            message.msg_iovlen += buffers[i].size != 0 ? 1 : 0;
        }
        for (;;)
        {
            const ssize_t taken = ::sendmsg(socket_.get(), &message, MSG_NOSIGNAL);
            if (taken >= 0)
            {
                return taken;
            }
            if (errno != EINTR)
            {
                return failed("writing to", errno);
            }
        }
    }

    void wait(std::uint32_t direction, Callback callback) noexcept
    {
        watch_.wait(direction, callback);
    }

    Result property(const char* name, char* buffer, std::size_t capacity) const noexcept
    {
        if (std::strcmp(name, "hung-up") == 0)
        {
            return hung_up(buffer, capacity);
        }
        const std::string* const value = find(name);
        if (value == nullptr)
        {
            return -SF_NOT_FOUND;
        }
        if (value->size() >= capacity)
        {
            return -SF_TOO_LARGE;
        }
        std::memcpy(buffer, value->c_str(), value->size() + 1);
        return static_cast<Result>(value->size());
    }

private:
    Result hung_up(char* buffer, std::size_t capacity) const noexcept
    {
        pollfd question{socket_.get(), POLLRDHUP, 0};
        int unread = 0;
        if (::poll(&question, 1, 0) <= 0 || ::ioctl(socket_.get(), FIONREAD, &unread) != 0)
        {
            return -SF_NOT_FOUND;
        }
        const int size = std::snprintf(buffer, capacity, "%d", unread);
        return static_cast<std::size_t>(size) < capacity ? size : -SF_TOO_LARGE;
    }

    static constexpr std::size_t max_entries = IOV_MAX;

    Result failed(const char* action, int os_error) const noexcept
    {
        if (os_error == EAGAIN)
        {
            return -SF_WOULD_BLOCK;
        }
        const std::string* const peer = find("peer");
        std::array<char, 128> reason{};
        std::array<char, 400> text{};
        std::snprintf(text.data(), text.size(), "%s %s failed: %s%s", action,
                      peer != nullptr ? peer->c_str() : "the peer",
                      ::strerror_r(os_error, reason.data(), reason.size()), explanation(os_error));
        return -host_.fail(status_of(os_error), text.data(), os_error);
    }

    static const char* explanation(int os_error) noexcept
    {
        return os_error == ECONNRESET || os_error == EPIPE ? "; the peer ended, or closed with unread data"
                                                           : "";
    }

    const std::string* find(std::string_view name) const noexcept
    {
        for (const auto& [key, value] : properties_)
        {
            if (key == name)
            {
                return &value;
            }
        }
        return nullptr;
    }

    Host host_;
    Descriptor socket_; // closed after the watch
    Properties properties_;
    Watch watch_;
};

} // namespace spaceframe::plugin::posix
