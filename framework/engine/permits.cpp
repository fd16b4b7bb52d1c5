#include "engine/permits.hpp"

#include <algorithm>
#include <new>
#include <utility>

namespace spaceframe::engine
{

/// A wait for two budgets, one after the other.
struct Permits::Wait
{
    Permits& permits;
    std::uint64_t bytes;
    sf_callback granted;
    void* context;
    sf_ticket id;
    sf_ticket ticket = 0; ///< of the budget that it waits for
    bool has_own = false;
    bool cancelled = false;
};

Permits::Permits(std::unique_ptr<Budget> own, std::shared_ptr<Budget> shared)
    : policy_(std::move(own))
    , own_(policy_->unlimited() ? nullptr : policy_.get())
    , shared_(shared == nullptr || shared->unlimited() ? nullptr : std::move(shared))
{}

Permits::~Permits() = default;

sf_status Permits::try_acquire(std::uint64_t bytes) noexcept
{
    if (own_ == nullptr)
    {
        return shared_ == nullptr ? sf_status{SF_OK} : shared_->try_acquire(bytes);
    }
    sf_status status = own_->try_acquire(bytes);
    if (status == SF_OK && shared_ != nullptr)
    {
        status = shared_->try_acquire(bytes);
        if (status != SF_OK)
        {
            own_->release(bytes);
        }
    }
    return status;
}

bool Permits::too_large(std::uint64_t bytes) noexcept
{
    for (Budget* const budget : {own_, shared_.get()})
    {
        const sf_status status = budget == nullptr ? sf_status{SF_WOULD_BLOCK} : budget->try_acquire(bytes);
        if (status == SF_OK)
        {
            budget->release(bytes);
        }
        else if (status == SF_TOO_LARGE)
        {
            return true;
        }
    }
    return false;
}

sf_status Permits::wait(std::uint64_t bytes, sf_callback granted, void* context, sf_ticket& ticket) noexcept
{
    if (own_ == nullptr || shared_ == nullptr)
    {
        return only()->wait(bytes, granted, context, ticket);
    }
    if (too_large(bytes))
    {
        return SF_TOO_LARGE;
    }
    try
    {
        const std::lock_guard guard(mutex_);
        waits_.reserve(waits_.size() + 1);
        auto wait = std::make_unique<Wait>(Wait{*this, bytes, granted, context, last_ticket_ + 1});
        const sf_status status = own_->wait(bytes, &Permits::on_own, wait.get(), wait->ticket);
        if (status == SF_OK)
        {
            ticket = ++last_ticket_;
            waits_.push_back(std::move(wait));
        }
        return status;
    }
    catch (const std::bad_alloc&)
    {
        return SF_NO_MEMORY;
    }
}

sf_status Permits::cancel(sf_ticket ticket) noexcept
{
    if (own_ == nullptr || shared_ == nullptr)
    {
        return only()->cancel(ticket);
    }
    const std::lock_guard guard(mutex_);
    Wait* const wait = find(ticket);
    if (wait == nullptr)
    {
        return SF_NOT_FOUND;
    }
    if ((wait->has_own ? *shared_ : *own_).cancel(wait->ticket) != SF_OK)
    {
        wait->cancelled = true;
        return SF_NOT_FOUND;
    }
    if (wait->has_own)
    {
        own_->release(wait->bytes);
    }
    remove(*wait);
    return SF_OK;
}

sf_status Permits::settle(sf_ticket ticket) noexcept
{
    if (own_ == nullptr || shared_ == nullptr)
    {
        return SF_OK;
    }
    const std::lock_guard guard(mutex_);
    const Wait* const wait = find(ticket);
    if (wait == nullptr)
    {
        return SF_OK;
    }
    const bool complete = wait->has_own;
    if (!complete)
    {
        own_->release(wait->bytes);
    }
    remove(*wait);
    return complete ? sf_status{SF_OK} : sf_status{SF_CANCELLED};
}

void Permits::release(std::uint64_t bytes) noexcept
{
    if (shared_ != nullptr)
    {
        shared_->release(bytes);
    }
    if (own_ != nullptr)
    {
        own_->release(bytes);
    }
}

std::uint64_t Permits::least_limit() const noexcept
{
    std::uint64_t least = UINT64_MAX;
    for (const Budget* const budget :
         {static_cast<const Budget*>(own_), static_cast<const Budget*>(shared_.get())})
    {
        least = budget == nullptr ? least : std::min(least, budget->state().limit);
    }
    return least;
}

BudgetState Permits::state() const noexcept
{
    return own_ == nullptr ? BudgetState{} : own_->state();
}

void Permits::on_own(void* context, sf_status status)
{
    Wait& wait = *static_cast<Wait*>(context);
    Permits& permits = wait.permits;
    std::unique_ptr<Wait> over;
    {
        const std::lock_guard guard(permits.mutex_);
        wait.has_own = status == SF_OK;
        if (wait.has_own)
        {
            status = wait.cancelled
                         ? sf_status{SF_CANCELLED}
                         : permits.shared_->wait(wait.bytes, &Permits::on_shared, &wait, wait.ticket);
            if (status == SF_OK)
            {
                return;
            }
            permits.own_->release(wait.bytes);
        }
        over = permits.remove(wait);
    }
    over->granted(over->context, status);
}

void Permits::on_shared(void* context, sf_status status)
{
    Wait& wait = *static_cast<Wait*>(context);
    Permits& permits = wait.permits;
    std::unique_ptr<Wait> over;
    {
        const std::lock_guard guard(permits.mutex_);
        if (status != SF_OK)
        {
            permits.own_->release(wait.bytes);
        }
        over = permits.remove(wait);
    }
    over->granted(over->context, status);
}

std::unique_ptr<Permits::Wait> Permits::remove(const Wait& wait) noexcept
{
    const auto found = std::ranges::find(waits_, &wait, &std::unique_ptr<Wait>::get);
    auto removed = std::move(*found);
    waits_.erase(found);
    return removed;
}

Permits::Wait* Permits::find(sf_ticket ticket) noexcept
{
    const auto found = std::ranges::find(waits_, ticket,
                                         [](const auto& wait)
                                         {
                                             return wait->id;
                                         });
    return found == waits_.end() ? nullptr : found->get();
}

} // namespace spaceframe::engine
