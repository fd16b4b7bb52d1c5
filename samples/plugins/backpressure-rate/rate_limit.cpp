#include "rate_limit.hpp"

#include "turns.hpp"

namespace rate
{

RateLimit::RateLimit(sdk::Host host, sf_loop* loop, const sdk::Options& options)
    : turns_(std::make_shared<Turns>(host, loop, options.bytes("rate"), options.bytes("burst")))
{}

sdk::Status RateLimit::try_acquire(std::uint64_t bytes) noexcept
{
    return turns_->take(bytes) ? SF_OK : SF_WOULD_BLOCK;
}

sdk::Status RateLimit::wait(std::uint64_t bytes, sdk::Callback granted, sf_ticket& ticket)
{
    ticket = turns_->join(bytes, granted);
    return SF_OK;
}

sdk::Status RateLimit::cancel(sf_ticket ticket) noexcept
{
    return turns_->leave(ticket) ? SF_OK : SF_NOT_FOUND;
}

void RateLimit::release(std::uint64_t bytes) noexcept
{
    turns_->give_back(bytes);
}

void RateLimit::state(sf_budget_state& state) const noexcept
{
    state = turns_->state();
}

} // namespace rate
