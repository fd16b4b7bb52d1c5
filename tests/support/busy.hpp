#pragma once

#include "test_kernel.hpp"

#include <atomic>
#include <cstddef>

namespace spaceframe::testing
{

// A socket that sends and receives as its pattern may, on a thread of its own, and takes no error for an
// answer.
class Busy
{
public:
    explicit Busy(Socket socket);
    Busy(const Busy&) = delete;
    Busy& operator=(const Busy&) = delete;
    ~Busy();

    // Messages so far.
    std::size_t received() const noexcept
    {
        return received_;
    }

private:
    void step();
    Message receive();

    Socket socket_;
    std::atomic<bool> over_{false};
    std::atomic<std::size_t> received_{0};
    Threads thread_;
};

} // namespace spaceframe::testing
