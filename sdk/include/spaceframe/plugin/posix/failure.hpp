#pragma once

#include <spaceframe/plugin/status.hpp>

#include <string>
#include <system_error>

#include <errno.h>

namespace spaceframe::plugin::posix
{

// The status that stands for an errno: SF_SYSTEM unless there is a closer one.
inline Status status_of(int os_error) noexcept
{
    switch (os_error)
    {
    case ECONNREFUSED:
        return SF_REFUSED;
    case ETIMEDOUT:
        return SF_TIMED_OUT;
    case ENOENT:
        return SF_NOT_FOUND;
    case ENOMEM:
        return SF_NO_MEMORY;
    default:
        return SF_SYSTEM;
    }
}

// What the operating system calls the error: "Connection refused".
inline std::string text_of(int os_error)
{
    return std::generic_category().message(os_error);
}

// What a person can do about an error of a socket call; empty where there is nothing to say.
inline const char* remedy_of(int os_error) noexcept
{
    switch (os_error)
    {
    case ECONNREFUSED:
        return "nothing listens there (yet): start the other side, or correct the address";
    case ENOENT:
        return "nothing of that name is there (yet): start the other side, or correct the path";
    case ETIMEDOUT:
    case EHOSTUNREACH:
    case ENETUNREACH:
        return "check the address, the route and the firewalls on the way";
    case EADDRINUSE:
        return "another socket listens there: stop it, or choose another address";
    case EADDRNOTAVAIL:
        return "no interface of this machine has that address: see `ip address`";
    case EAFNOSUPPORT:
        return "this machine does not support that kind of address";
    case EACCES:
    case EPERM:
        return "this user may not do that: check the permissions (ports below 1024 need a privilege)";
    case EMFILE:
        return "raise the process's limit of open files: see `ulimit -n`";
    case ENFILE:
        return "raise the system's limit of open files: see /proc/sys/fs/file-max";
    case ENOBUFS:
    case ENOMEM:
        return "the machine is short of memory for sockets";
    default:
        return "";
    }
}

// A sentence: `what` could not be done because of `os_error`, and what to do about it.
inline std::string sentence(const std::string& what, int os_error, const std::string& remedy)
{
    return what + ": " + text_of(os_error) + (remedy.empty() ? "" : "; " + remedy);
}

// The same as an exception:
//
//     throw failure("cannot listen on " + address, errno);
inline Error failure(const std::string& what, int os_error, const std::string& remedy)
{
    return Error(status_of(os_error), sentence(what, os_error, remedy), os_error);
}

inline Error failure(const std::string& what, int os_error)
{
    return failure(what, os_error, remedy_of(os_error));
}

} // namespace spaceframe::plugin::posix
