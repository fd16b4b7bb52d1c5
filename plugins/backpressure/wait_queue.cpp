#include "wait_queue.hpp"

namespace spaceframe::backpressure
{

sf_ticket WaitQueue::push(std::uint64_t bytes, plugin::Callback granted)
{
    Waiter* waiter = free_;
    if (waiter != nullptr)
    {
        free_ = waiter->next;
    }
    else
    {
        waiter = &pool_.emplace_back();
        waiter->index = static_cast<std::uint32_t>(pool_.size());
    }
    waiter->bytes = bytes;
    waiter->granted = granted;
    waiter->previous = last_;
    waiter->next = nullptr;
    (last_ != nullptr ? last_->next : first_) = waiter;
    last_ = waiter;
    ++size_;
    return (static_cast<sf_ticket>(waiter->generation) << 32U) | waiter->index;
}

bool WaitQueue::remove(sf_ticket ticket) noexcept
{
    const auto index = static_cast<std::uint32_t>(ticket);
    if (index == 0 || index > pool_.size())
    {
        return false;
    }
    Waiter& waiter = pool_[index - 1];
    if (waiter.generation != static_cast<std::uint32_t>(ticket >> 32U))
    {
        return false;
    }
    unlink(waiter);
    recycle(waiter);
    return true;
}

Waiter& WaitQueue::take_front() noexcept
{
    Waiter& waiter = *first_;
    unlink(waiter);
    return waiter;
}

void WaitQueue::recycle(Waiter& waiter) noexcept
{
    waiter.next = free_;
    free_ = &waiter;
}

void WaitQueue::unlink(Waiter& waiter) noexcept
{
    (waiter.previous != nullptr ? waiter.previous->next : first_) = waiter.next;
    (waiter.next != nullptr ? waiter.next->previous : last_) = waiter.previous;
    waiter.previous = nullptr;
    waiter.next = nullptr;
    ++waiter.generation;
    --size_;
}

} // namespace spaceframe::backpressure
