#include "network_namespace.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/ethtool.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/sockios.h>
#include <linux/veth.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spaceframe::testing
{
namespace
{

[[noreturn]] void fail(const std::string& what)
{
    throw std::system_error(errno, std::system_category(), what);
}

Descriptor namespace_of_thread()
{
    return {::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC), "the thread's network namespace"};
}

// A namespace that a thread of its own has left behind.
Descriptor make_namespace()
{
    int made = -1;
    int error = 0;
    std::thread(
        [&]
        {
            if (::unshare(CLONE_NEWNET) == 0)
            {
                made = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
            }
            error = errno;
        })
        .join();
    errno = error;
    return {made, "a new network namespace"};
}

// A request about an interface of the namespace of the thread.
class InterfaceRequest
{
public:
    explicit InterfaceRequest(const std::string& interface)
        : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "a socket for interfaces")
    {
        interface.copy(request.ifr_name, IFNAMSIZ - 1);
    }

    void make(unsigned long number, const char* what)
    {
        if (::ioctl(socket_.number(), number, &request) != 0)
        {
            fail(std::string(what) + " of " + request.ifr_name);
        }
    }

    ifreq request{};

private:
    Descriptor socket_;
};

// Packets that are read from the other end shall be whole: nobody completes them behind it.
void turn_offloads_off(const std::string& interface)
{
    for (const int command : {ETHTOOL_STXCSUM, ETHTOOL_STSO, ETHTOOL_SGSO})
    {
        InterfaceRequest request(interface);
        ethtool_value value{static_cast<std::uint32_t>(command), 0};
        request.request.ifr_data = reinterpret_cast<char*>(&value);
        request.make(SIOCETHTOOL, "offloads");
    }
}

template <class T>
std::string bytes_of(const T& value)
{
    return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

std::string attribute(std::uint16_t type, const std::string& payload)
{
    const rtattr header{static_cast<std::uint16_t>(RTA_LENGTH(payload.size())), type};
    std::string result = bytes_of(header) + payload;
    result.resize(RTA_ALIGN(result.size()));
    return result;
}

std::string name_attribute(const std::string& name)
{
    return attribute(IFLA_IFNAME, std::string(name.c_str(), name.size() + 1));
}

// Sends a request to the kernel and waits for its answer.
void tell_kernel(std::uint16_t type, std::uint16_t flags, const std::string& body, const char* what)
{
    const Descriptor socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE), "a netlink socket");
    nlmsghdr header{};
    header.nlmsg_len = static_cast<std::uint32_t>(NLMSG_LENGTH(body.size()));
    header.nlmsg_type = type;
    header.nlmsg_flags = static_cast<std::uint16_t>(NLM_F_REQUEST | NLM_F_ACK | flags);
    const std::string request = bytes_of(header) + body;
    if (::send(socket.number(), request.data(), request.size(), 0) < 0)
    {
        fail(what);
    }
    struct
    {
        nlmsghdr header;
        nlmsgerr result;
        std::array<char, 1024> rest;
    } answer{};
    const ssize_t got = ::recv(socket.number(), &answer, sizeof(answer), 0);
    if (got < 0)
    {
        fail(what);
    }
    if (answer.header.nlmsg_type != NLMSG_ERROR || static_cast<std::size_t>(got) < NLMSG_LENGTH(sizeof(int)))
    {
        throw std::runtime_error(std::string(what) + ": the kernel's answer makes no sense");
    }
    if (answer.result.error != 0)
    {
        errno = -answer.result.error;
        fail(what);
    }
}

} // namespace

Descriptor::Descriptor(int number, const char* what) : number_(number)
{
    if (number < 0)
    {
        fail(what);
    }
}

Descriptor::~Descriptor()
{
    if (number_ >= 0)
    {
        ::close(number_);
    }
}

NetworkNamespace::NetworkNamespace() : descriptor_(make_namespace())
{
    set_up("lo", true);
}

NetworkNamespace::Inside::Inside(const NetworkNamespace& there) : before_(namespace_of_thread())
{
    if (::setns(there.descriptor_.number(), CLONE_NEWNET) != 0)
    {
        fail("entering a network namespace");
    }
}

NetworkNamespace::Inside::~Inside()
{
    ::setns(before_.number(), CLONE_NEWNET);
}

void NetworkNamespace::make_veth(const std::string& here, const std::string& there) const
{
    const ifinfomsg any{};
    const std::string peer =
        bytes_of(any) + name_attribute(there) + attribute(IFLA_NET_NS_FD, bytes_of(descriptor_.number()));
    const std::string kind =
        attribute(IFLA_INFO_KIND, "veth") + attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer));
    tell_kernel(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
                bytes_of(any) + name_attribute(here) + attribute(IFLA_LINKINFO, kind),
                "making a pair of veth interfaces");
    const Inside inside(*this);
    turn_offloads_off(there);
}

void NetworkNamespace::set_address(const std::string& interface, const std::string& address) const
{
    const Inside inside(*this);
    InterfaceRequest request(interface);
    sockaddr_in value{};
    value.sin_family = AF_INET;
    if (::inet_pton(AF_INET, address.c_str(), &value.sin_addr) != 1)
    {
        throw std::invalid_argument("not an IPv4 address: " + address);
    }
    std::memcpy(&request.request.ifr_addr, &value, sizeof(value));
    request.make(SIOCSIFADDR, "the address");
}

void NetworkNamespace::set_up(const std::string& interface, bool up) const
{
    const Inside inside(*this);
    set_interface_up(interface, up);
}

void set_interface_up(const std::string& interface, bool up)
{
    InterfaceRequest request(interface);
    request.make(SIOCGIFFLAGS, "the flags");
    const int flags = up ? request.request.ifr_flags | IFF_UP : request.request.ifr_flags & ~IFF_UP;
    request.request.ifr_flags = static_cast<short>(flags);
    request.make(SIOCSIFFLAGS, "the flags");
}

} // namespace spaceframe::testing
