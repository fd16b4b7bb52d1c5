#include "relay.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace broker_demo
{
namespace
{

constexpr std::size_t most_buffered = 256 * 1024;
constexpr std::string_view prefix = "tcp://127.0.0.1:";

int checked(int result, const char* what)
{
    if (result < 0)
    {
        throw std::system_error(errno, std::system_category(), what);
    }
    return result;
}

std::uint16_t port_of(std::string_view endpoint)
{
    std::uint16_t port = 0;
    const std::string_view digits = endpoint.substr(std::min(prefix.size(), endpoint.size()));
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!endpoint.starts_with(prefix) || code != std::errc{} || end != digits.data() + digits.size())
    {
        throw std::invalid_argument("the relay needs a target such as tcp://127.0.0.1:5555, not '" +
                                    std::string(endpoint) + "'");
    }
    return port;
}

sockaddr_in loopback(std::uint16_t port)
{
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    return address;
}

void set_option(int descriptor, int level, int name, int value)
{
    ::setsockopt(descriptor, level, name, &value, sizeof value);
}

void close_with_reset(int descriptor)
{
    const linger at_once{1, 0};
    ::setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(descriptor);
}

void signal_event(int descriptor)
{
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(descriptor, &one, sizeof one);
}

void clear_event(int descriptor)
{
    std::uint64_t count = 0;
    [[maybe_unused]] const auto read = ::read(descriptor, &count, sizeof count);
}

// False at the end of the stream or on an error.
bool read_into(int descriptor, std::string& buffer)
{
    std::array<char, 65536> chunk;
    const ssize_t count = ::recv(descriptor, chunk.data(), chunk.size(), MSG_DONTWAIT);
    if (count > 0)
    {
        buffer.append(chunk.data(), static_cast<std::size_t>(count));
        return true;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR);
}

bool write_from(int descriptor, std::string& buffer)
{
    const ssize_t count = ::send(descriptor, buffer.data(), buffer.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0)
    {
        buffer.erase(0, static_cast<std::size_t>(count));
        return true;
    }
    return count < 0 && (errno == EAGAIN || errno == EINTR);
}

} // namespace

Relay::Relay(const std::string& target) : target_port_(port_of(target))
{
    listener_ = checked(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "the relay cannot make a socket");
    const sockaddr_in address = loopback(0);
    checked(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address),
            "the relay cannot bind");
    checked(::listen(listener_, 16), "the relay cannot listen");
    wake_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "the relay cannot make an event");
    events_ = checked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), "the relay cannot make an event");
    thread_ = std::thread(
        [this]
        {
            run();
        });
}

Relay::~Relay()
{
    {
        const std::lock_guard lock(mutex_);
        stop_requested_ = true;
    }
    signal_event(wake_);
    thread_.join();
    ::close(listener_);
    ::close(wake_);
    ::close(events_);
}

std::string Relay::endpoint() const
{
    sockaddr_in address{};
    socklen_t size = sizeof address;
    checked(::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size),
            "the relay has no address");
    return std::string(prefix) + std::to_string(ntohs(address.sin_port));
}

void Relay::cut(unsigned refused)
{
    {
        const std::lock_guard lock(mutex_);
        cut_requested_ = true;
        refuse_requested_ = refused;
    }
    signal_event(wake_);
}

void Relay::acknowledge()
{
    clear_event(events_);
}

void Relay::run()
{
    while (!stopped_)
    {
        std::vector<pollfd> entries{{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
        for (const Link& link : links_)
        {
            const auto wanted = [](const Half& half, const Half& other)
            {
                const int reading = other.outgoing.size() < most_buffered ? POLLIN : 0;
                const int writing = half.outgoing.empty() ? 0 : POLLOUT;
                return static_cast<short>(reading | writing);
            };
            entries.push_back({link.near.descriptor, wanted(link.near, link.far), 0});
            entries.push_back({link.far.descriptor, wanted(link.far, link.near), 0});
        }
        if (::poll(entries.data(), entries.size(), -1) < 0)
        {
            continue;
        }
        std::size_t index = 2;
        for (auto link = links_.begin(); link != links_.end(); index += 2)
        {
            if (serve(*link, entries[index].revents, entries[index + 1].revents))
            {
                ++link;
            }
            else
            {
                reset(*link);
                link = links_.erase(link);
            }
        }
        if ((entries[0].revents & POLLIN) != 0)
        {
            obey();
        }
        if ((entries[1].revents & POLLIN) != 0)
        {
            accept_one();
        }
    }
    for (Link& link : links_)
    {
        reset(link);
    }
}

void Relay::obey()
{
    clear_event(wake_);
    const std::lock_guard lock(mutex_);
    stopped_ = stop_requested_;
    if (std::exchange(cut_requested_, false))
    {
        refused_ = refuse_requested_;
        for (Link& link : links_)
        {
            reset(link);
        }
        links_.clear();
    }
}

void Relay::accept_one()
{
    const int near = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (near < 0)
    {
        return;
    }
    if (refused_ > 0)
    {
        --refused_;
        close_with_reset(near);
        return;
    }
    const int far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const sockaddr_in address = loopback(target_port_);
    if (far < 0 || ::connect(far, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    {
        close_with_reset(near);
        if (far >= 0)
        {
            ::close(far);
        }
        return;
    }
    set_option(near, IPPROTO_TCP, TCP_NODELAY, 1);
    set_option(far, IPPROTO_TCP, TCP_NODELAY, 1);
    links_.push_back(Link{{near, {}}, {far, {}}});
    ++connections_;
    signal_event(events_);
}

bool Relay::serve(Link& link, short near_events, short far_events)
{
    const auto pass = [](Half& from, Half& to, short from_events, short to_events)
    {
        if ((from_events & (POLLIN | POLLHUP | POLLERR)) != 0 && !read_into(from.descriptor, to.outgoing))
        {
            return false;
        }
        return (to_events & POLLOUT) == 0 || to.outgoing.empty() || write_from(to.descriptor, to.outgoing);
    };
    return pass(link.near, link.far, near_events, far_events) &&
           pass(link.far, link.near, far_events, near_events);
}

void Relay::reset(Link& link)
{
    close_with_reset(link.near.descriptor);
    close_with_reset(link.far.descriptor);
}

} // namespace broker_demo
