#pragma once

#include "network_namespace.hpp"

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <string>
#include <thread>

namespace spaceframe::testing
{

// What lies between two interfaces of the namespace of the thread that makes it: it carries Ethernet packets
// from each to the other, on a thread of its own, as badly as it is told. (The kernel's own netem would do
// the same, but many kernels come without.)
class Cable
{
public:
    // Throws std::system_error.
    Cable(const std::string& one, const std::string& other, std::uint64_t seed);
    Cable(const Cable&) = delete;
    Cable& operator=(const Cable&) = delete;
    ~Cable();

    // From now on so many packets of a hundred are lost, and each of the others takes some time between
    // `least` and `most`, by which they overtake one another.
    void set_quality(unsigned lost_percent, std::chrono::microseconds least, std::chrono::microseconds most);
    // Loses everything, and tells nobody.
    void cut();
    // As at first.
    void mend();

    // Packets so far.
    std::size_t lost() const noexcept
    {
        return lost_;
    }

private:
    struct Quality
    {
        unsigned lost_percent = 0;
        std::chrono::microseconds least{0};
        std::chrono::microseconds most{0};
    };

    class Traffic;
    void set(const Quality& quality);
    Quality quality();
    void carry(std::uint64_t seed);

    std::array<Descriptor, 2> ends_;
    Descriptor stop_;
    std::mutex mutex_;
    Quality quality_;
    std::atomic<std::size_t> lost_{0};
    std::thread thread_;
};

} // namespace spaceframe::testing
