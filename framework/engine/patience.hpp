#pragma once

#include "engine/signal.hpp"

#include <spaceframe/socket.hpp>

namespace spaceframe::engine
{

/// Waits for nothing, and does not drive a loop either.
inline constexpr Timeout at_once = Timeout::min();

/// How long an operation may still wait; reads the clock only when somebody really waits.
class Patience
{
public:
    explicit Patience(Timeout timeout) noexcept : timeout_(timeout)
    {}

    bool none() const noexcept
    {
        return timeout_ <= no_wait;
    }

    bool may_drive() const noexcept
    {
        return timeout_ != at_once;
    }

    Clock::time_point deadline() noexcept
    {
        if (!known_)
        {
            deadline_ = deadline_after(timeout_);
            known_ = true;
        }
        return deadline_;
    }

private:
    Timeout timeout_;
    Clock::time_point deadline_{};
    bool known_ = false;
};

} // namespace spaceframe::engine
