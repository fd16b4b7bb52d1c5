#pragma once

#include <spaceframe/plugin/host.hpp>

#include <cstddef>
#include <cstdint>
#include <deque>

namespace spaceframe::backpressure
{

// Somebody who asked for more than there was.
struct Waiter
{
    std::uint64_t bytes = 0;
    plugin::Callback granted;
    Waiter* previous = nullptr;
    Waiter* next = nullptr;
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
};

// Waiters in the order in which they came, each named by a ticket. All operations take constant time; memory
// is kept for reuse, so that nothing is allocated once the greatest number of waiters has been seen.
//
// Not synchronised: the owner holds a lock.
class WaitQueue
{
public:
    // Appends a waiter. The ticket is not 0, and stays valid until the waiter is removed or taken.
    // Throws std::bad_alloc, which leaves the queue as it was.
    sf_ticket push(std::uint64_t bytes, plugin::Callback granted);

    // Removes the waiter behind the ticket, from any position. False if it does not wait (any more).
    bool remove(sf_ticket ticket) noexcept;

    // The waiter whose turn it is; null when nobody waits.
    const Waiter* front() const noexcept
    {
        return first_;
    }

    // Takes the first waiter out: its ticket is void from now on. The queue must not be empty. The waiter's
    // memory stays the queue's; it is given back with `recycle`.
    Waiter& take_front() noexcept;

    // Gives the memory of a taken waiter back.
    void recycle(Waiter& waiter) noexcept;

    std::size_t size() const noexcept
    {
        return size_;
    }

private:
    void unlink(Waiter& waiter) noexcept;

    std::deque<Waiter> pool_;
    Waiter* first_ = nullptr;
    Waiter* last_ = nullptr;
    Waiter* free_ = nullptr;
    std::size_t size_ = 0;
};

} // namespace spaceframe::backpressure
