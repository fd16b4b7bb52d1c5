#include "raw_peer.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <stdexcept>
#include <system_error>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spaceframe::testing
{
namespace
{

constexpr unsigned more_flag = 1;
constexpr unsigned long_flag = 2;
constexpr unsigned command_flag = 4;
constexpr int seconds_to_wait = 20;

[[noreturn]] void fail(const char* what)
{
    throw std::system_error(errno, std::system_category(), what);
}

int make_socket(int receive_buffer)
{
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0)
    {
        fail("socket");
    }
    const timeval wait{seconds_to_wait, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    ::setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
    if (receive_buffer > 0)
    {
        ::setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    return descriptor;
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

std::string big_endian(std::uint64_t value, std::size_t bytes)
{
    std::string text;
    while (bytes-- > 0)
    {
        text += static_cast<char>(value >> (8 * bytes));
    }
    return text;
}

std::string property(std::string_view name, std::string_view value)
{
    std::string text = big_endian(name.size(), 1);
    text += name;
    text += big_endian(value.size(), 4);
    text += value;
    return text;
}

} // namespace

RawPeer::RawPeer(int descriptor) : descriptor_(descriptor)
{}

RawPeer::RawPeer(std::string_view endpoint, int receive_buffer) : descriptor_(make_socket(receive_buffer))
{
    const auto port = std::stoul(std::string(endpoint.substr(endpoint.rfind(':') + 1)));
    const sockaddr_in address = loopback(static_cast<std::uint16_t>(port));
    if (::connect(descriptor_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    {
        close();
        fail("connect");
    }
}

RawPeer::RawPeer(RawPeer&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1))
{}

RawPeer::~RawPeer()
{
    close();
}

void RawPeer::send(std::string_view bytes)
{
    while (!bytes.empty())
    {
        const ssize_t sent = ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent < 0)
        {
            fail("send");
        }
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
}

std::string RawPeer::read(std::size_t count)
{
    std::string bytes(count, '\0');
    for (std::size_t have = 0; have < count;)
    {
        const ssize_t got = ::recv(descriptor_, bytes.data() + have, count - have, 0);
        if (got < 0)
        {
            fail("recv");
        }
        if (got == 0)
        {
            throw std::runtime_error("the connection ended after " + std::to_string(have) + " of " +
                                     std::to_string(count) + " bytes");
        }
        have += static_cast<std::size_t>(got);
    }
    return bytes;
}

std::string RawPeer::read_to_end()
{
    std::string bytes;
    for (;;)
    {
        std::array<char, 65536> buffer;
        const ssize_t got = ::recv(descriptor_, buffer.data(), buffer.size(), 0);
        if (got == 0 || (got < 0 && errno == ECONNRESET))
        {
            return bytes;
        }
        if (got < 0)
        {
            fail("recv");
        }
        bytes.append(buffer.data(), static_cast<std::size_t>(got));
    }
}

std::string RawPeer::read_frame(unsigned& flags)
{
    flags = static_cast<unsigned char>(read(1)[0]);
    const std::string size = read((flags & long_flag) != 0 ? 8 : 1);
    std::uint64_t length = 0;
    for (const char byte : size)
    {
        length = length << 8U | static_cast<unsigned char>(byte);
    }
    return read(length);
}

void RawPeer::shake_hands(std::string_view socket_type, std::string_view identity)
{
    send(greeting() + ready(socket_type, identity));
    read(greeting().size());
    unsigned flags = 0;
    if (const std::string command = read_frame(flags);
        (flags & command_flag) == 0 || !command.starts_with("\5READY"))
    {
        throw std::runtime_error("expected READY: " + command);
    }
}

void RawPeer::send_at_once()
{
    const int on = 1;
    if (::setsockopt(descriptor_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0)
    {
        fail("TCP_NODELAY");
    }
}

void RawPeer::close()
{
    if (descriptor_ >= 0)
    {
        ::close(std::exchange(descriptor_, -1));
    }
}

void RawPeer::reset()
{
    const linger at_once{1, 0};
    ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
}

RawListener::RawListener(int receive_buffer) : descriptor_(make_socket(receive_buffer))
{
    sockaddr_in address = loopback(0);
    socklen_t size = sizeof(address);
    if (::bind(descriptor_, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
        ::listen(descriptor_, 16) != 0 ||
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&address), &size) != 0)
    {
        const int problem = errno;
        ::close(descriptor_);
        errno = problem;
        fail("listen");
    }
    endpoint_ = "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

RawListener::~RawListener()
{
    ::close(descriptor_);
}

RawPeer RawListener::accept()
{
    const int descriptor = ::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0)
    {
        fail("accept");
    }
    const timeval wait{seconds_to_wait, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    return RawPeer(descriptor);
}

std::string greeting(unsigned minor)
{
    std::string bytes = "\xff" + std::string(8, '\0') + "\x7f\x03";
    bytes += static_cast<char>(minor);
    bytes += "NULL";
    bytes.resize(64, '\0');
    return bytes;
}

std::string frame(std::string_view body, bool more, bool command)
{
    const bool is_long = body.size() > 255;
    std::string bytes(1, static_cast<char>((more ? more_flag : 0) | (is_long ? long_flag : 0) |
                                           (command ? command_flag : 0)));
    bytes += big_endian(body.size(), is_long ? 8 : 1);
    bytes += body;
    return bytes;
}

std::string ready(std::string_view socket_type, std::string_view identity)
{
    return frame("\5READY" + property("Socket-Type", socket_type) + property("Identity", identity), false,
                 true);
}

} // namespace spaceframe::testing
