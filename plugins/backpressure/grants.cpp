#include "grants.hpp"

#include <utility>

namespace spaceframe::backpressure
{

Grants::Grants(plugin::Host host, sf_loop* loop) noexcept : host_(host), loop_(loop)
{}

void Grants::grant_front_locked() noexcept
{
    Waiter& waiter = queue.take_front();
    (last_due_ != nullptr ? last_due_->next : first_due_) = &waiter;
    last_due_ = &waiter;
}

bool Grants::must_post_locked() noexcept
{
    if (first_due_ == nullptr || posted_ != nullptr)
    {
        return false;
    }
    posted_ = shared_from_this();
    return true;
}

void Grants::post() noexcept
{
    host_.post(loop_, plugin::callback<&Grants::deliver>(this));
}

void Grants::deliver(plugin::Status) noexcept
{
    std::shared_ptr<Grants> alive;
    Waiter* due = nullptr;
    {
        const std::lock_guard lock(mutex);
        alive = std::exchange(posted_, nullptr);
        due = std::exchange(first_due_, nullptr);
        last_due_ = nullptr;
    }
    for (const Waiter* waiter = due; waiter != nullptr; waiter = waiter->next)
    {
        waiter->granted(SF_OK);
    }
    const std::lock_guard lock(mutex);
    while (due != nullptr)
    {
        queue.recycle(*std::exchange(due, due->next));
    }
}

} // namespace spaceframe::backpressure
