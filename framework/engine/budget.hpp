#pragma once

#include <spaceframe/ledger.hpp>
#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <span>

namespace spaceframe::engine
{

/// What the kernel charges for a frame beside its bytes: the record that it keeps of it and its header on the
/// wire.
inline constexpr std::uint64_t frame_charge = sizeof(sf_frame) + 9;

/// The bytes that a message takes from a budget.
inline std::uint64_t charge_of(std::span<const sf_frame> frames) noexcept
{
    std::uint64_t total = frames.size() * frame_charge;
    for (const sf_frame& frame : frames)
    {
        total += frame.size;
    }
    return total;
}

/// A budget of bytes (BytePermits): an instance of a backpressure plug-in. Thread-safe.
class Budget
{
public:
    /// Takes over `handle`.
    Budget(const sf_backpressure& table, sf_budget* handle) noexcept : table_(table), handle_(handle)
    {}
    Budget(const Budget&) = delete;
    Budget& operator=(const Budget&) = delete;
    ~Budget()
    {
        table_.destroy(handle_);
    }

    /// True when everything is granted: nothing needs to be counted.
    bool unlimited() const noexcept
    {
        return (table_.flags & SF_BACKPRESSURE_UNLIMITED) != 0;
    }

    /// True when the policy says what a message means that finds its peer full.
    bool decides() const noexcept
    {
        return (table_.flags & SF_BACKPRESSURE_DECIDES) != 0;
    }

    /// SF_ON_FULL_…. [serial]
    std::uint32_t on_full(const sf_queue_summary& queue) noexcept
    {
        return table_.on_full(handle_, &queue);
    }

    sf_status try_acquire(std::uint64_t bytes) noexcept
    {
        return table_.try_acquire(handle_, bytes);
    }

    sf_status wait(std::uint64_t bytes, sf_callback granted, void* context, sf_ticket& ticket) noexcept
    {
        return table_.wait(handle_, bytes, granted, context, &ticket);
    }

    sf_status cancel(sf_ticket ticket) noexcept
    {
        return table_.cancel(handle_, ticket);
    }

    void release(std::uint64_t bytes) noexcept
    {
        if (bytes > 0)
        {
            table_.release(handle_, bytes);
        }
    }

    BudgetState state() const noexcept
    {
        if (unlimited())
        {
            return {};
        }
        sf_budget_state state{};
        table_.state(handle_, &state);
        return {state.limit, state.used, state.waiting, state.waited};
    }

private:
    const sf_backpressure& table_;
    sf_budget* handle_;
};

} // namespace spaceframe::engine
