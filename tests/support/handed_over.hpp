#pragma once

#include <spaceframe/plugin/posix/descriptor.hpp>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>

// Connections that a host makes itself, to hand them over to a socket.
namespace spaceframe::testing
{

using plugin::posix::Descriptor;

inline std::uintptr_t handle_of(int fd)
{
    return static_cast<std::uintptr_t>(fd);
}

inline std::uintptr_t handle_of(const Descriptor& descriptor)
{
    return handle_of(descriptor.get());
}

inline bool is_open(int fd)
{
    return ::fcntl(fd, F_GETFD) != -1;
}

// Throws std::system_error unless it went well.
inline void require_success(bool went_well)
{
    if (!went_well)
    {
        throw std::system_error(errno, std::system_category(), "a connection of the test's own");
    }
}

// Local sockets that are connected with one another.
inline std::array<Descriptor, 2> local_pair()
{
    std::array<int, 2> ends{};
    require_success(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) == 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

// Of "tcp://127.0.0.1:PORT".
inline sockaddr_in address_of(std::string_view endpoint)
{
    const std::string_view digits = endpoint.substr(endpoint.rfind(':') + 1);
    std::uint16_t port = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), port);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

// A blocking connection to "tcp://127.0.0.1:PORT".
inline Descriptor connect_to(std::string_view endpoint)
{
    const sockaddr_in address = address_of(endpoint);
    Descriptor made(::socket(AF_INET, SOCK_STREAM, 0));
    require_success(::connect(made.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    return made;
}

// Adopts a descriptor, which then is the kernel's.
template <class Socket, class... Options>
std::string hand_over(Socket& socket, std::string_view transport, Descriptor& descriptor,
                      const Options&... options)
{
    std::string name = socket.adopt(transport, handle_of(descriptor), options...);
    descriptor.release();
    return name;
}

// A listener of the host's own.
class OwnListener
{
public:
    OwnListener() : socket_(::socket(AF_INET, SOCK_STREAM, 0))
    {
        sockaddr_in address{};
        address.sin_family = AF_INET;
        address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t length = sizeof address;
        auto* const generic = reinterpret_cast<sockaddr*>(&address);
        require_success(::bind(socket_.get(), generic, length) == 0);
        require_success(::listen(socket_.get(), 16) == 0);
        require_success(::getsockname(socket_.get(), generic, &length) == 0);
        endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    }

    const std::string& endpoint() const noexcept
    {
        return endpoint_;
    }

    Descriptor accept() const
    {
        Descriptor accepted(::accept(socket_.get(), nullptr, nullptr));
        require_success(static_cast<bool>(accepted));
        return accepted;
    }

private:
    Descriptor socket_;
    std::string endpoint_;
};

} // namespace spaceframe::testing
