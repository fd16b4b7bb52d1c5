#pragma once

#include <spaceframe/kernel.hpp>

#include <span>
#include <string>
#include <string_view>

namespace spaceframe::testing
{

// The equations that ledger.hpp states for a socket. They hold at every moment; `when` is for the message
// that names the socket, the equation and both sides of it.
void check_ledger(const Socket& socket, std::string_view when = "now");
// The same for all sockets of a kernel.
void check_ledgers(Kernel& kernel, std::string_view when = "now");

// A kernel of which nothing else is known: its ledgers must balance when it goes.
class CheckedKernel : public Kernel
{
public:
    using Kernel::Kernel;
    CheckedKernel(const CheckedKernel&) = delete;
    CheckedKernel& operator=(const CheckedKernel&) = delete;
    ~CheckedKernel()
    {
        check_ledgers(*this, "at its end");
    }
};

// What is left of a socket that was closed: nothing is queued, pending or waited for, nobody is there, and
// the budget is whole.
void check_closed(const Socket& socket);

// What sockets that talk only with one another have written and got, where nothing was lost on the way:
// messages for each way that they can take, and bytes of the wire.
class Exchange
{
public:
    explicit Exchange(std::span<const Socket> sockets);

    // Empty if everything that was written has arrived; what is missing otherwise.
    std::string problem() const;
    // True when nothing waits to be written or received: what is missing must come.
    bool idle() const noexcept
    {
        return waiting_ == 0;
    }

private:
    struct Way
    {
        std::uint64_t written = 0;
        std::uint64_t arrived = 0;
        bool news = false; // subscriptions that an XPUB receives count as arrived, and were not written
    };

    Way down_;  // from PUB and XPUB
    Way up_;    // to them
    Way other_; // the other patterns
    Way bytes_;
    std::uint64_t waiting_ = 0;
};

} // namespace spaceframe::testing
