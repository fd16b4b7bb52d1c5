// Connections that a host made itself and hands over: which descriptors tcp and ipc take, and what becomes of
// them.
#include "transport_fixture.hpp"

#include <spaceframe/plugin/posix/descriptor.hpp>
#include <spaceframe/plugin/testing/transport_driver.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstdint>
#include <string>

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace spaceframe::transport_test;
using spaceframe::plugin::posix::Descriptor;
using spaceframe::plugin::testing::FakeHost;
using spaceframe::plugin::testing::TransportDriver;

namespace
{

std::uintptr_t handle_of(int fd)
{
    return static_cast<std::uintptr_t>(fd);
}

std::uintptr_t handle_of(const Descriptor& descriptor)
{
    return handle_of(descriptor.get());
}

using Pair = std::array<Descriptor, 2>;

Pair local_pair(int type = SOCK_STREAM)
{
    std::array<int, 2> ends{};
    REQUIRE(::socketpair(AF_UNIX, type, 0, ends.data()) == 0);
    return {Descriptor(ends[0]), Descriptor(ends[1])};
}

Descriptor tcp_listener(sockaddr_in& address)
{
    Descriptor listener(::socket(AF_INET, SOCK_STREAM, 0));
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    REQUIRE(::bind(listener.get(), generic, length) == 0);
    REQUIRE(::listen(listener.get(), 1) == 0);
    REQUIRE(::getsockname(listener.get(), generic, &length) == 0);
    return listener;
}

Pair tcp_pair()
{
    sockaddr_in address{};
    const Descriptor listener = tcp_listener(address);
    Descriptor dialled(::socket(AF_INET, SOCK_STREAM, 0));
    REQUIRE(::connect(dialled.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    Descriptor accepted(::accept(listener.get(), nullptr, nullptr));
    REQUIRE(accepted);
    return {std::move(dialled), std::move(accepted)};
}

bool is_open(int fd)
{
    return ::fcntl(fd, F_GETFD) != -1;
}

bool blocks(int fd)
{
    return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0;
}

int nodelay_of(int fd)
{
    int value = -1;
    socklen_t length = sizeof value;
    REQUIRE(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &length) == 0);
    return value;
}

// What the transport says of a descriptor that it must leave as it is.
std::string refusal(const sf_role& role, int fd)
{
    FakeHost host;
    TransportDriver transport(host, role);
    const bool blocked = blocks(fd);
    CHECK(transport.try_adopt(handle_of(fd)) == SF_INVALID);
    CHECK(is_open(fd));
    CHECK(blocks(fd) == blocked);
    return host.last_error().text;
}

} // namespace

TEST_CASE(
    "two ends of a socketpair that are adopted speak with one another, and are closed with their streams")
{
    const NoDescriptorLeaks leaks;
    Pair pair = local_pair();
    FakeHost host;
    TransportDriver transport(host, ipc_role);
    const int first = pair[0].release();
    const int second = pair[1].release();
    {
        auto one = transport.adopt(handle_of(first));
        auto other = transport.adopt(handle_of(second));
        one.write("hello");
        CHECK(other.read(5) == "hello");
        other.write("world");
        CHECK(one.read(5) == "world");
        CHECK(one.property("pid") == std::to_string(::getpid()));
        one.close();
        CHECK(other.read(1).empty());
    }
    CHECK_FALSE(is_open(first));
    CHECK_FALSE(is_open(second));
}

TEST_CASE("a tcp connection that is adopted is as one that was dialled: its addresses, and its options")
{
    for (const bool nodelay : {true, false})
    {
        CAPTURE(nodelay);
        Pair pair = tcp_pair();
        FakeHost host;
        TransportDriver transport(host, tcp_role, {{"tcp_nodelay", nodelay ? "true" : "false"}});
        const int fd = pair[0].release();
        const int before = 1;
        REQUIRE(::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &before, sizeof before) == 0);
        auto stream = transport.adopt(handle_of(fd));
        CHECK_FALSE(blocks(fd));
        CHECK((::fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
        CHECK((nodelay_of(fd) != 0) == nodelay);
        CHECK(stream.property("peer").rfind("127.0.0.1:", 0) == 0);
        CHECK(stream.property("local").rfind("127.0.0.1:", 0) == 0);
        stream.write("x");
        char byte = 0;
        CHECK(::recv(pair[1].get(), &byte, 1, MSG_WAITALL) == 1);
        CHECK(byte == 'x');
    }
}

TEST_CASE("a stream that was adopted and never attached closes its descriptor")
{
    const NoDescriptorLeaks leaks;
    Pair pair = local_pair();
    const int fd = pair[0].release();
    FakeHost host;
    TransportDriver transport(host, ipc_role);
    CHECK(transport.try_adopt(handle_of(fd)) == SF_OK);
    CHECK_FALSE(is_open(fd));
}

TEST_CASE("what is no connected stream socket of the right family stays its owner's, and is called by name")
{
    const NoDescriptorLeaks leaks;
    const Pair local = local_pair();
    CHECK(refusal(tcp_role, local[0].get()).find("its address family is local, expected IPv4 or IPv6") !=
          std::string::npos);
    const Pair tcp = tcp_pair();
    CHECK(refusal(ipc_role, tcp[0].get()).find("its address family is IPv4, expected local") !=
          std::string::npos);
    for (const int type : {SOCK_DGRAM, SOCK_SEQPACKET})
    {
        const Pair packets = local_pair(type);
        CHECK(refusal(ipc_role, packets[0].get()).find("it is no stream socket") != std::string::npos);
    }
    const Descriptor unconnected(::socket(AF_INET, SOCK_STREAM, 0));
    CHECK(refusal(tcp_role, unconnected.get()).find("it is not connected") != std::string::npos);
    sockaddr_in unused{};
    const Descriptor listener = tcp_listener(unused);
    CHECK(refusal(tcp_role, listener.get()).find("it listens") != std::string::npos);
    std::array<int, 2> ends{};
    REQUIRE(::pipe(ends.data()) == 0);
    const Pair pipe{Descriptor(ends[0]), Descriptor(ends[1])};
    CHECK(refusal(tcp_role, pipe[0].get()).find("it is no socket") != std::string::npos);
}

TEST_CASE("what is no open descriptor is refused")
{
    FakeHost host;
    TransportDriver transport(host, tcp_role);
    CHECK(transport.try_adopt(handle_of(-1)) == SF_INVALID);
    CHECK(host.last_error().text.find("-1: it is no file descriptor") != std::string::npos);
    int fd = -1;
    {
        const Descriptor closed(::socket(AF_INET, SOCK_STREAM, 0));
        fd = closed.get();
    }
    CHECK(transport.try_adopt(handle_of(fd)) == SF_INVALID);
    CHECK(host.last_error().text.find("it is not open") != std::string::npos);
}

TEST_CASE("a connection that cannot have the endpoint's options stays its owner's, blocking as before")
{
    const Pair pair = tcp_pair();
    FakeHost host;
    // The system takes no more than 32767 seconds.
    TransportDriver transport(host, tcp_role, {{"tcp_keepalive", "on"}, {"tcp_keepalive_idle", "40000s"}});
    CHECK(transport.try_adopt(handle_of(pair[0])) == SF_SYSTEM);
    CHECK(host.last_error().text.find("tcp_keepalive_idle") != std::string::npos);
    CHECK(is_open(pair[0].get()));
    CHECK(blocks(pair[0].get()));
}
