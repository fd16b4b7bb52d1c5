#pragma once

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>
#include <spaceframe/plugin/status.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>
#include <span>
#include <string>

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

namespace spaceframe::plugin::posix
{

namespace detail
{

[[noreturn]] inline void refuse_to_adopt(int fd, const std::string& reason)
{
    throw Error(SF_INVALID, "cannot adopt the descriptor " + std::to_string(fd) + ": " + reason);
}

// Throws where the descriptor is none of a socket.
inline int socket_option(int fd, int option)
{
    int value = 0;
    socklen_t length = sizeof value;
    if (::getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0)
    {
        return value;
    }
    const int os_error = errno;
    refuse_to_adopt(fd, os_error == EBADF      ? "it is not open"
                        : os_error == ENOTSOCK ? "it is no socket"
                                               : text_of(os_error));
}

inline std::string family_name(int family)
{
    switch (family)
    {
    case AF_INET:
        return "IPv4";
    case AF_INET6:
        return "IPv6";
    case AF_UNIX:
        return "local";
    default:
        return std::to_string(family);
    }
}

inline void add_flag(int fd, int get, int set, int flag)
{
    const int flags = ::fcntl(fd, get);
    if (flags == -1 || ((flags & flag) == 0 && ::fcntl(fd, set, flags | flag) == -1))
    {
        throw failure("cannot prepare the descriptor " + std::to_string(fd), errno);
    }
}

} // namespace detail

// The descriptor that `handle` is, if it is that of a connected stream socket of one of these address
// families. Throws Error with SF_INVALID that says what else it is. Changes nothing.
inline int check_adoptable(std::uintptr_t handle, std::span<const int> families)
{
    if (handle > static_cast<std::uintptr_t>(std::numeric_limits<int>::max()))
    {
        throw Error(SF_INVALID, "cannot adopt " + std::to_string(static_cast<std::intptr_t>(handle)) +
                                    ": it is no file descriptor");
    }
    const int fd = static_cast<int>(handle);
    if (detail::socket_option(fd, SO_TYPE) != SOCK_STREAM)
    {
        detail::refuse_to_adopt(fd, "it is no stream socket (SOCK_STREAM)");
    }
    const int family = detail::socket_option(fd, SO_DOMAIN);
    if (std::find(families.begin(), families.end(), family) == families.end())
    {
        std::string expected;
        for (const int each : families)
        {
            expected += (expected.empty() ? "" : " or ") + detail::family_name(each);
        }
        detail::refuse_to_adopt(fd, "its address family is " + detail::family_name(family) + ", expected " +
                                        expected);
    }
    if (detail::socket_option(fd, SO_ACCEPTCONN) != 0)
    {
        detail::refuse_to_adopt(fd, "it listens; adopt the connections that it accepts");
    }
    if (peer_address(fd).length == 0)
    {
        detail::refuse_to_adopt(fd, "it is not connected (yet, or any more)");
    }
    return fd;
}

// The descriptor does not block, and is closed by exec. Throws, and then it blocks as before.
inline void make_ready(int fd)
{
    detail::add_flag(fd, F_GETFD, F_SETFD, FD_CLOEXEC);
    detail::add_flag(fd, F_GETFL, F_SETFL, O_NONBLOCK);
}

} // namespace spaceframe::plugin::posix
