// The machine's limit: a plain blocking socket.
#include "meter.hpp"
#include "side.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace bench
{
namespace
{

int checked(int result, const char* what)
{
    if (result < 0)
    {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

class Descriptor
{
public:
    explicit Descriptor(int value) : value_(value)
    {}

    ~Descriptor()
    {
        ::close(value_);
    }

    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;

    operator int() const
    {
        return value_;
    }

private:
    int value_;
};

// An address in ZeroMQ's notation: tcp://127.0.0.1:PORT or ipc://PATH.
struct Address
{
    union
    {
        sockaddr any;
        sockaddr_in ip;
        sockaddr_un path;
    };
    socklen_t size = 0;
    int family = AF_INET;

    explicit Address(const std::string& endpoint)
    {
        if (endpoint.starts_with("ipc://"))
        {
            path = {};
            path.sun_family = AF_UNIX;
            family = AF_UNIX;
            const std::string name = endpoint.substr(6);
            if (name.size() >= sizeof path.sun_path)
            {
                throw std::invalid_argument("the path of a socket is too long: " + name);
            }
            std::memcpy(path.sun_path, name.c_str(), name.size() + 1);
            size = sizeof path;
        }
        else
        {
            ip = {};
            ip.sin_family = AF_INET;
            ip.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            ip.sin_port =
                htons(static_cast<std::uint16_t>(std::stoi(endpoint.substr(endpoint.rfind(':') + 1))));
            size = sizeof ip;
        }
    }
};

void set_no_delay(int descriptor, int family)
{
    const int on = 1;
    if (family == AF_INET)
    {
        checked(::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), "setsockopt");
    }
}

int accept_one(const Task& task, const Announce& announce)
{
    std::string endpoint = task.transport == "ipc" ? "ipc://" + task.folder + "/raw" : "tcp://127.0.0.1:0";
    Address address(endpoint);
    const Descriptor listener(checked(::socket(address.family, SOCK_STREAM, 0), "socket"));
    checked(::bind(listener, &address.any, address.size), "bind");
    checked(::listen(listener, 1), "listen");
    if (address.family == AF_INET)
    {
        checked(::getsockname(listener, &address.any, &address.size), "getsockname");
        endpoint = "tcp://127.0.0.1:" + std::to_string(ntohs(address.ip.sin_port));
    }
    announce(endpoint);
    const int connection = checked(::accept(listener, nullptr, nullptr), "accept");
    if (address.family == AF_UNIX)
    {
        ::unlink(address.path.sun_path);
    }
    set_no_delay(connection, address.family);
    return connection;
}

int connect_to(const std::string& endpoint)
{
    const Address address(endpoint);
    const int connection = checked(::socket(address.family, SOCK_STREAM, 0), "socket");
    checked(::connect(connection, &address.any, address.size), "connect");
    set_no_delay(connection, address.family);
    return connection;
}

void write_all(int descriptor, const char* data, std::size_t size)
{
    while (size > 0)
    {
        const ssize_t count = ::send(descriptor, data, size, MSG_NOSIGNAL);
        if (count < 0 && errno == EINTR)
        {
            continue;
        }
        checked(count < 0 ? -1 : 0, "send");
        data += count;
        size -= static_cast<std::size_t>(count);
    }
}

void read_all(int descriptor, char* data, std::size_t size, bool spin)
{
    while (size > 0)
    {
        const ssize_t count = ::recv(descriptor, data, size, spin ? MSG_DONTWAIT : 0);
        if (count < 0 && (errno == EINTR || (spin && errno == EAGAIN)))
        {
            continue;
        }
        checked(count < 0 ? -1 : 0, "recv");
        if (count == 0)
        {
            throw std::runtime_error("the connection ended early");
        }
        data += count;
        size -= static_cast<std::size_t>(count);
    }
}

std::size_t block_size(const Task& task)
{
    constexpr std::size_t usual = 64 * 1024;
    return std::max(usual, task.message_size());
}

Sample pull(const Task& task, const Announce& announce)
{
    const Descriptor connection(accept_one(task, announce));
    std::vector<char> block(block_size(task));
    std::uint64_t left = task.count * task.message_size();
    ReceiveMeter meter;
    bool started = false;
    while (left > 0)
    {
        const ssize_t count =
            ::recv(connection, block.data(), std::min<std::uint64_t>(left, block.size()), 0);
        checked(count < 0 ? -1 : 0, "recv");
        if (count == 0)
        {
            throw std::runtime_error("the connection ended early");
        }
        if (!started)
        {
            meter.first();
            started = true;
        }
        left -= static_cast<std::uint64_t>(count);
    }
    return meter.sample(task.count);
}

Sample push(const Task& task, const std::string& endpoint)
{
    const Descriptor connection(connect_to(endpoint));
    const std::vector<char> block(block_size(task), 'x');
    const CpuMeter cpu;
    for (std::uint64_t left = task.count * task.message_size(); left > 0;)
    {
        const std::uint64_t count = std::min<std::uint64_t>(left, block.size());
        write_all(connection, block.data(), count);
        left -= count;
    }
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    return sample;
}

Sample reply(const Task& task, const Announce& announce)
{
    const Descriptor connection(accept_one(task, announce));
    std::vector<char> message(task.message_size());
    const CpuMeter cpu;
    for (std::uint64_t left = task.warm_up + task.count; left > 0; --left)
    {
        read_all(connection, message.data(), message.size(), task.spin);
        write_all(connection, message.data(), message.size());
    }
    Sample sample;
    sample.cpu_seconds = cpu.seconds();
    return sample;
}

Sample request(const Task& task, const std::string& endpoint)
{
    const Descriptor connection(connect_to(endpoint));
    std::vector<char> message(task.message_size(), 'x');
    return time_round_trips(task,
                            [&]
                            {
                                write_all(connection, message.data(), message.size());
                                read_all(connection, message.data(), message.size(), task.spin);
                            });
}

} // namespace

const Side raw_side{"raw", pull, push, reply, request};

} // namespace bench
