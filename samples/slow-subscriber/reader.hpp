#pragma once

#include <spaceframe/kernel.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string>
#include <thread>

namespace slow_subscriber
{

// Messages begin with their number.
inline constexpr std::size_t message_size = 256;
inline constexpr std::uint64_t end_of_messages = UINT64_MAX;

// A subscriber of everything, with a kernel of its own as in a program of its own, that nobody receives from.
class Stalled
{
public:
    // Throws boost::system::system_error.
    Stalled(const std::string& endpoint, std::uint64_t mark);

    // Messages that came.
    std::uint64_t arrived() const
    {
        return socket_.ledger().arrived;
    }

    spaceframe::Ledger ledger() const
    {
        return socket_.ledger();
    }

protected:
    spaceframe::Socket& socket()
    {
        return socket_;
    }

private:
    spaceframe::Kernel kernel_;
    spaceframe::Socket socket_;
};

// The same with a thread that receives, and expects each number once and in order.
class Reader : public Stalled
{
public:
    using Stalled::Stalled;

    void start();
    // Until the end of messages came, or something is wrong.
    void join();

    // How many messages came as they should.
    std::uint64_t received() const
    {
        return received_;
    }

    // Empty if all is well.
    const std::string& problem() const
    {
        return problem_;
    }

    // [any] Waits until at most `ahead` of `published` messages were not received yet, or this has ended.
    void wait_until_within(std::uint64_t ahead, std::uint64_t published) const;

private:
    void receive_all();

    std::atomic<std::uint64_t> received_ = 0;
    std::atomic<std::uint64_t> progress_ = 0; // the same, and UINT64_MAX at the end
    std::string problem_;
    std::jthread thread_;
};

} // namespace slow_subscriber
