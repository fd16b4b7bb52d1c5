#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <cstdint>

namespace spaceframe::backpressure
{

// A budget without a limit (NoOpPermits). The kernel sees the flag and calls none of this; others may.
class UnlimitedPermits
{
public:
    static constexpr std::uint32_t flags = SF_BACKPRESSURE_UNLIMITED;

    UnlimitedPermits(plugin::Host host, sf_loop* loop) noexcept : host_(host), loop_(loop)
    {}

    plugin::Status try_acquire(std::uint64_t) noexcept
    {
        return SF_OK;
    }

    // Always granted at once: the ticket cannot be cancelled.
    plugin::Status wait(std::uint64_t, plugin::Callback granted, sf_ticket& ticket) noexcept
    {
        ticket = 1;
        host_.post(loop_, granted);
        return SF_OK;
    }

    plugin::Status cancel(sf_ticket) noexcept
    {
        return SF_NOT_FOUND;
    }

    void release(std::uint64_t) noexcept
    {}

    // What is in use is not counted.
    void state(sf_budget_state& state) const noexcept
    {
        state = {.limit = UINT64_MAX, .used = 0, .waiting = 0, .waited = 0};
    }

private:
    plugin::Host host_;
    sf_loop* loop_;
};

} // namespace spaceframe::backpressure
