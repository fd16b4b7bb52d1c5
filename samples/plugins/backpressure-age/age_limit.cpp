#include "age_limit.hpp"

#include <array>
#include <cstddef>

namespace age
{
namespace
{

// In the order of the option's choices.
constexpr std::array<std::uint32_t, 3> verdicts{SF_ON_FULL_WAIT, SF_ON_FULL_REFUSE, SF_ON_FULL_DROP_NEWEST};

} // namespace

AgeLimit::AgeLimit(const sdk::Options& options)
    : max_age_(options.duration("max_age"))
    , otherwise_(verdicts.at(options.choice("otherwise")))
{}

sdk::Status AgeLimit::try_acquire(std::uint64_t /*bytes*/) noexcept
{
    return SF_OK;
}

// Nobody waits for what is always granted.
sdk::Status AgeLimit::wait(std::uint64_t /*bytes*/, sdk::Callback /*granted*/, sf_ticket& /*ticket*/)
{
    return SF_UNSUPPORTED;
}

sdk::Status AgeLimit::cancel(sf_ticket /*ticket*/) noexcept
{
    return SF_NOT_FOUND;
}

void AgeLimit::release(std::uint64_t /*bytes*/) noexcept
{}

void AgeLimit::state(sf_budget_state& state) const noexcept
{
    state = {.limit = UINT64_MAX, .used = 0, .waiting = 0, .waited = 0};
}

std::uint32_t AgeLimit::on_full(const sf_queue_summary& queue) const noexcept
{
    const auto oldest = std::chrono::nanoseconds(queue.oldest_age);
    return oldest >= max_age_ ? std::uint32_t{SF_ON_FULL_DROP_OLDEST} : otherwise_;
}

} // namespace age
