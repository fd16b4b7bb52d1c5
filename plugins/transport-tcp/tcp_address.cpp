#include "tcp_address.hpp"

#include <spaceframe/plugin/posix/address.hpp>
#include <spaceframe/plugin/status.hpp>

#include <algorithm>
#include <charconv>

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>

namespace spaceframe::tcp
{

namespace
{

[[noreturn]] void refuse(std::string_view text, const std::string& reason)
{
    throw plugin::Error(SF_INVALID, "'" + std::string(text) + "' is no TCP address: " + reason);
}

struct Parts
{
    std::string_view host;
    std::string_view port;
    bool bracketed;
};

Parts split(std::string_view text)
{
    if (text.find(';') != std::string_view::npos)
    {
        refuse(text, "a source address before ';' is not supported; give the destination alone");
    }
    if (text.starts_with('['))
    {
        const std::size_t end = text.find(']');
        if (end == std::string_view::npos || text.substr(end + 1, 1) != ":")
        {
            refuse(text, "an IPv6 address is written as [ADDRESS]:PORT");
        }
        return {text.substr(1, end - 1), text.substr(end + 2), true};
    }
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos)
    {
        refuse(text, "the port is missing; write HOST:PORT");
    }
    const std::string_view host = text.substr(0, colon);
    if (host.find(':') != std::string_view::npos)
    {
        refuse(text, "an IPv6 address is written in brackets: [ADDRESS]:PORT");
    }
    return {host, text.substr(colon + 1), false};
}

std::uint16_t parse_port(std::string_view text, std::string_view port, bool listening)
{
    if (port == "*")
    {
        port = "0";
    }
    unsigned number = 0;
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
    if (error == std::errc::invalid_argument || end != port.data() + port.size())
    {
        refuse(text, "the port '" + std::string(port) + "' is no number");
    }
    if (error != std::errc() || number > 65535)
    {
        refuse(text, "the port is above 65535");
    }
    if (number == 0 && !listening)
    {
        refuse(text, "to connect, a port from 1 to 65535 is needed; 0 and '*' are for listening");
    }
    return static_cast<std::uint16_t>(number);
}

std::optional<sf_address> parse_ipv4(const std::string& host, std::uint16_t port)
{
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(port);
    if (::inet_pton(AF_INET, host.c_str(), &in.sin_addr) != 1)
    {
        return std::nullopt;
    }
    return plugin::posix::make_address(&in, sizeof in);
}

sf_address parse_ipv6(std::string_view text, const std::string& host, std::uint16_t port)
{
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(port);
    const std::size_t percent = host.find('%');
    if (::inet_pton(AF_INET6, host.substr(0, percent).c_str(), &in.sin6_addr) != 1)
    {
        refuse(text, "'" + host + "' is no IPv6 address");
    }
    if (percent != std::string::npos)
    {
        const std::string scope = host.substr(percent + 1);
        in.sin6_scope_id = ::if_nametoindex(scope.c_str());
        std::from_chars(scope.data(), scope.data() + scope.size(), in.sin6_scope_id);
        if (in.sin6_scope_id == 0)
        {
            refuse(text, "this machine has no network interface '" + scope + "'");
        }
    }
    return plugin::posix::make_address(&in, sizeof in);
}

bool belongs_to_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
}

void check_name(std::string_view text, const std::string& host)
{
    constexpr std::size_t longest_name = 253; // RFC 1035, without the root's empty label
    if (host.size() > longest_name)
    {
        refuse(text, "the name is longer than 253 characters");
    }
    if (!std::all_of(host.begin(), host.end(), belongs_to_name))
    {
        refuse(text, "'" + host + "' is neither an address nor a name");
    }
    if (host.find_first_not_of("0123456789.") == std::string::npos)
    {
        refuse(text, "'" + host + "' is no IPv4 address");
    }
}

} // namespace

TcpAddress parse_address(std::string_view text, bool listening)
{
    const Parts parts = split(text);
    TcpAddress address;
    address.host = parts.host;
    address.port = parse_port(text, parts.port, listening);
    if (address.host.empty())
    {
        refuse(text, "the host is missing; write HOST:PORT, or *:PORT to listen on every interface");
    }
    if (parts.bracketed)
    {
        address.numeric = parse_ipv6(text, address.host, address.port);
        return address;
    }
    if (address.host == "*")
    {
        if (!listening)
        {
            refuse(text, "'*' is for listening; to connect, name a host");
        }
        address.host.clear();
        return address;
    }
    address.numeric = parse_ipv4(address.host, address.port);
    if (!address.numeric)
    {
        check_name(text, address.host);
    }
    return address;
}

} // namespace spaceframe::tcp
