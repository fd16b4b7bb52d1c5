#pragma once

#include <spaceframe/plugin/abi.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <string>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

namespace spaceframe::plugin::posix
{

inline sf_address make_address(const void* address, std::size_t length) noexcept
{
    sf_address made{};
    made.length = static_cast<std::uint32_t>(std::min(length, sizeof made.bytes));
    std::memcpy(made.bytes, address, made.length);
    return made;
}

inline const sockaddr* as_sockaddr(const sf_address& address) noexcept
{
    return reinterpret_cast<const sockaddr*>(address.bytes);
}

inline int family_of(const sf_address& address) noexcept
{
    sockaddr generic{};
    std::memcpy(&generic, address.bytes, std::min<std::size_t>(address.length, sizeof generic));
    return generic.sa_family;
}

namespace detail
{

inline std::string ipv4_text(const sf_address& address)
{
    sockaddr_in in{};
    std::memcpy(&in, address.bytes, std::min<std::size_t>(address.length, sizeof in));
    char host[INET_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET, &in.sin_addr, host, sizeof host);
    return std::string(host) + ':' + std::to_string(ntohs(in.sin_port));
}

inline std::string ipv6_text(const sf_address& address)
{
    sockaddr_in6 in{};
    std::memcpy(&in, address.bytes, std::min<std::size_t>(address.length, sizeof in));
    char host[INET6_ADDRSTRLEN] = {};
    ::inet_ntop(AF_INET6, &in.sin6_addr, host, sizeof host);
    std::string scope;
    char name[IF_NAMESIZE] = {};
    if (in.sin6_scope_id != 0)
    {
        scope = ::if_indextoname(in.sin6_scope_id, name) != nullptr ? '%' + std::string(name)
                                                                    : '%' + std::to_string(in.sin6_scope_id);
    }
    return '[' + std::string(host) + scope + "]:" + std::to_string(ntohs(in.sin6_port));
}

// Bytes of an abstract name that are NUL are shown as '@', as `ss` does.
inline std::string unix_text(const sf_address& address)
{
    sockaddr_un un{};
    const std::size_t length = std::min<std::size_t>(address.length, sizeof un);
    std::memcpy(&un, address.bytes, length);
    constexpr std::size_t start = offsetof(sockaddr_un, sun_path);
    if (length <= start)
    {
        return {};
    }
    std::string text(un.sun_path, length - start);
    if (text[0] != '\0')
    {
        return text.substr(0, text.find('\0'));
    }
    std::replace(text.begin(), text.end(), '\0', '@');
    return text;
}

} // namespace detail

// As endpoints write it: "127.0.0.1:5555", "[::1]:5555", "/run/a.sock", "@abstract"; empty for the address of
// an unnamed socket.
inline std::string text_of(const sf_address& address)
{
    switch (family_of(address))
    {
    case AF_INET:
        return detail::ipv4_text(address);
    case AF_INET6:
        return detail::ipv6_text(address);
    case AF_UNIX:
        return detail::unix_text(address);
    default:
        return "an address of family " + std::to_string(family_of(address));
    }
}

// The address of a socket's own end, or of its peer; of length 0 when there is none (any more).
inline sf_address local_address(int fd) noexcept
{
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    const bool known = ::getsockname(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
    return make_address(&storage, known ? length : 0);
}

inline sf_address peer_address(int fd) noexcept
{
    sockaddr_storage storage{};
    socklen_t length = sizeof storage;
    const bool known = ::getpeername(fd, reinterpret_cast<sockaddr*>(&storage), &length) == 0;
    return make_address(&storage, known ? length : 0);
}

} // namespace spaceframe::plugin::posix
