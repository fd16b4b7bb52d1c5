#include "engine/life.hpp"

namespace spaceframe::engine
{

Life::Next Life::start() noexcept
{
    if (state_ != LifeState::idle)
    {
        return {};
    }
    state_ = LifeState::connecting;
    return {Step::dial, {}};
}

void Life::dialled() noexcept
{
    if (state_ == LifeState::connecting)
    {
        state_ = LifeState::handshaking;
    }
}

void Life::ready() noexcept
{
    if (state_ == LifeState::handshaking)
    {
        state_ = LifeState::active;
        attempt_ = 0;
        ++successes_;
        table_.reset(schedule_);
    }
}

Life::Next Life::ended(const Failure& failure) noexcept
{
    if (state_ == LifeState::closed || state_ == LifeState::backoff || state_ == LifeState::idle)
    {
        return {};
    }
    if (attempt_ < UINT32_MAX)
    {
        ++attempt_;
    }
    sf_failure last{};
    last.size = sizeof(last);
    last.status = failure.status;
    last.os_error = failure.os_error;
    std::uint64_t delay = 0;
    if (table_.next_delay(schedule_, attempt_, &last, &delay) != SF_OK)
    {
        state_ = LifeState::closed;
        return {Step::stop, {}};
    }
    state_ = LifeState::backoff;
    return {Step::wait,
            std::chrono::nanoseconds(static_cast<std::int64_t>(delay > INT64_MAX ? INT64_MAX : delay))};
}

Life::Next Life::delay_passed() noexcept
{
    if (state_ != LifeState::backoff)
    {
        return {};
    }
    state_ = LifeState::connecting;
    return {Step::dial, {}};
}

void Life::close() noexcept
{
    state_ = LifeState::closed;
}

} // namespace spaceframe::engine
