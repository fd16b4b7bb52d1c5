#include "tcp_bind.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/posix/failure.hpp>

#include <cstring>
#include <memory>
#include <vector>

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace spaceframe::tcp
{

namespace
{

using plugin::posix::Descriptor;
using plugin::posix::failure;
using plugin::posix::make_address;

std::vector<sf_address> any_addresses(std::uint16_t port, bool ipv6)
{
    std::vector<sf_address> addresses;
    if (ipv6)
    {
        sockaddr_in6 in6{};
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        in6.sin6_addr = in6addr_any;
        addresses.push_back(make_address(&in6, sizeof in6));
    }
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    in.sin_addr.s_addr = htonl(INADDR_ANY);
    addresses.push_back(make_address(&in, sizeof in));
    return addresses;
}

sf_address with_port(const sockaddr* address, std::uint16_t port)
{
    if (address->sa_family == AF_INET6)
    {
        sockaddr_in6 in6{};
        std::memcpy(&in6, address, sizeof in6);
        in6.sin6_port = htons(port);
        return make_address(&in6, sizeof in6);
    }
    sockaddr_in in{};
    std::memcpy(&in, address, sizeof in);
    in.sin_port = htons(port);
    return make_address(&in, sizeof in);
}

bool wanted(int family, bool ipv6)
{
    return family == AF_INET || (ipv6 && family == AF_INET6);
}

// IPv4 first: that is what ZeroMQ's users mean by an interface.
std::vector<sf_address> interface_addresses(const std::string& name, std::uint16_t port, bool ipv6)
{
    std::vector<sf_address> addresses;
    ifaddrs* list = nullptr;
    if (::if_nametoindex(name.c_str()) == 0 || ::getifaddrs(&list) != 0)
    {
        return addresses;
    }
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> guard(list, &::freeifaddrs);
    for (const int family : {AF_INET, AF_INET6})
    {
        for (const ifaddrs* one = list; one != nullptr; one = one->ifa_next)
        {
            if (name == one->ifa_name && one->ifa_addr != nullptr && one->ifa_addr->sa_family == family &&
                wanted(family, ipv6))
            {
                addresses.push_back(with_port(one->ifa_addr, port));
            }
        }
    }
    return addresses;
}

std::vector<sf_address> named_addresses(const std::string& text, const TcpAddress& address, bool ipv6)
{
    addrinfo hints{};
    hints.ai_family = ipv6 ? AF_UNSPEC : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo* list = nullptr;
    const int error = ::getaddrinfo(address.host.c_str(), nullptr, &hints, &list);
    if (error != 0)
    {
        throw plugin::Error(
            SF_NOT_FOUND,
            "cannot listen on " + text + ": '" + address.host +
                "' is no network interface of this machine, and as a name it leads to no address (" +
                ::gai_strerror(error) + ")",
            error == EAI_SYSTEM ? errno : 0);
    }
    const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> guard(list, &::freeaddrinfo);
    std::vector<sf_address> addresses;
    for (const addrinfo* one = list; one != nullptr; one = one->ai_next)
    {
        addresses.push_back(with_port(one->ai_addr, address.port));
    }
    return addresses;
}

std::vector<sf_address> candidates(const std::string& text, const TcpAddress& address, bool ipv6)
{
    if (address.numeric)
    {
        return {*address.numeric};
    }
    if (address.host.empty())
    {
        return any_addresses(address.port, ipv6);
    }
    std::vector<sf_address> addresses = interface_addresses(address.host, address.port, ipv6);
    return addresses.empty() ? named_addresses(text, address, ipv6) : addresses;
}

void set(int fd, int level, int option, int value)
{
    if (::setsockopt(fd, level, option, &value, sizeof value) != 0)
    {
        throw failure("cannot prepare a socket for listening", errno);
    }
}

// An empty descriptor, and errno, when the address cannot be bound.
Descriptor try_address(const sf_address& address, const TcpOptions& options,
                       const plugin::posix::SocketKind& kind)
{
    const int family = plugin::posix::family_of(address);
    Descriptor socket(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!socket)
    {
        return {};
    }
    set(socket.get(), SOL_SOCKET, SO_REUSEADDR, 1);
    if (family == AF_INET6)
    {
        set(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, 0);
    }
    kind.prepare(socket.get());
    if (::bind(socket.get(), plugin::posix::as_sockaddr(address), address.length) != 0 ||
        ::listen(socket.get(), options.backlog) != 0)
    {
        const int error = errno;
        socket.close();
        errno = error;
    }
    return socket;
}

} // namespace

Descriptor listening_socket(const std::string& text, const TcpAddress& address, const TcpOptions& options,
                            const plugin::posix::SocketKind& kind)
{
    int error = EADDRNOTAVAIL;
    for (const sf_address& candidate : candidates(text, address, options.ipv6))
    {
        Descriptor socket = try_address(candidate, options, kind);
        if (socket)
        {
            return socket;
        }
        error = errno;
        if (error != EAFNOSUPPORT && error != EADDRNOTAVAIL)
        {
            break;
        }
    }
    throw failure("cannot listen on " + text, error);
}

} // namespace spaceframe::tcp
