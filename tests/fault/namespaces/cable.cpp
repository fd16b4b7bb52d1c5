#include "cable.hpp"

#include <cerrno>
#include <map>
#include <system_error>
#include <vector>

#include <arpa/inet.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

namespace spaceframe::testing
{
namespace
{

using Clock = std::chrono::steady_clock;

Descriptor tap(const std::string& interface)
{
    Descriptor tapped(::socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), "a packet socket");
    sockaddr_ll address{};
    address.sll_family = AF_PACKET;
    address.sll_protocol = htons(ETH_P_ALL);
    address.sll_ifindex = static_cast<int>(::if_nametoindex(interface.c_str()));
    if (::bind(tapped.number(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    {
        throw std::system_error(errno, std::system_category(), "tapping " + interface);
    }
    return tapped;
}

} // namespace

// Packets on their way.
class Cable::Traffic
{
public:
    Traffic(const std::array<Descriptor, 2>& ends, std::uint64_t seed) : ends_(ends), chance_(seed)
    {}

    // Milliseconds until the next packet is due, for poll(); rounded up.
    int until_next() const
    {
        if (packets_.empty())
        {
            return -1;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(packets_.begin()->first - Clock::now());
        return static_cast<int>(std::max<std::chrono::milliseconds::rep>(left.count(), 0));
    }

    // Takes what came in at an end; how much of it was lost.
    std::size_t take(std::size_t end, const Quality& quality)
    {
        std::size_t lost = 0;
        for (;;)
        {
            sockaddr_ll from{};
            socklen_t size = sizeof(from);
            const ssize_t got = ::recvfrom(ends_[end].number(), buffer_.data(), buffer_.size(), 0,
                                           reinterpret_cast<sockaddr*>(&from), &size);
            if (got < 0)
            {
                // Nothing more, or an interface that is down: what was on it is lost.
                return lost;
            }
            if (from.sll_pkttype == PACKET_OUTGOING)
            {
                continue;
            }
            if (below(100) < quality.lost_percent)
            {
                ++lost;
                continue;
            }
            const auto spread = static_cast<std::uint64_t>((quality.most - quality.least).count());
            const auto delay = quality.least + std::chrono::microseconds(below(spread + 1));
            packets_.emplace(Clock::now() + delay,
                             Packet{1 - end, {buffer_.data(), static_cast<std::size_t>(got)}});
        }
    }

    void pass()
    {
        while (!packets_.empty() && packets_.begin()->first <= Clock::now())
        {
            const Packet& packet = packets_.begin()->second;
            // One that is not taken is lost, as on any cable.
            static_cast<void>(::send(ends_[packet.to].number(), packet.bytes.data(), packet.bytes.size(), 0));
            packets_.erase(packets_.begin());
        }
    }

private:
    struct Packet
    {
        std::size_t to;
        std::string bytes;
    };

    std::uint64_t below(std::uint64_t bound)
    {
        return std::uniform_int_distribution<std::uint64_t>(0, bound - 1)(chance_);
    }

    const std::array<Descriptor, 2>& ends_;
    std::mt19937_64 chance_;
    std::vector<char> buffer_ = std::vector<char>(std::size_t{1} << 17U);
    std::multimap<Clock::time_point, Packet> packets_;
};

Cable::Cable(const std::string& one, const std::string& other, std::uint64_t seed)
    : ends_{tap(one), tap(other)}
    , stop_(::eventfd(0, EFD_CLOEXEC), "an eventfd")
    , thread_(
          [this, seed]
          {
              carry(seed);
          })
{}

Cable::~Cable()
{
    const std::uint64_t one = 1;
    static_cast<void>(::write(stop_.number(), &one, sizeof(one)));
    thread_.join();
}

void Cable::set_quality(unsigned lost_percent, std::chrono::microseconds least,
                        std::chrono::microseconds most)
{
    set({lost_percent, least, most});
}

void Cable::cut()
{
    set({100, {}, {}});
}

void Cable::mend()
{
    set({});
}

void Cable::set(const Quality& quality)
{
    const std::lock_guard guard(mutex_);
    quality_ = quality;
}

Cable::Quality Cable::quality()
{
    const std::lock_guard guard(mutex_);
    return quality_;
}

void Cable::carry(std::uint64_t seed)
{
    Traffic traffic(ends_, seed);
    for (;;)
    {
        std::array<pollfd, 3> waits{
            {{ends_[0].number(), POLLIN, 0}, {ends_[1].number(), POLLIN, 0}, {stop_.number(), POLLIN, 0}}};
        ::poll(waits.data(), waits.size(), traffic.until_next());
        if (waits[2].revents != 0)
        {
            return;
        }
        const Quality now = quality();
        lost_ += traffic.take(0, now) + traffic.take(1, now);
        traffic.pass();
    }
}

} // namespace spaceframe::testing
