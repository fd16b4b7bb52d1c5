#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <chrono>
#include <cstdint>

namespace age
{

namespace sdk = spaceframe::plugin;

// What a manifest can set.
inline constexpr sf_option age_options[] = {
    sdk::option("max_age", sdk::Type::duration, "1s",
                "How long the oldest message must have waited for a full peer to give its place to a new one")
        .range("10ms", "1h"),
    sdk::choice("otherwise", "wait|refuse|drop_newest", "wait",
                "What a message means that finds only younger ones"),
};

// A policy that grants every permit, and decides by age what a message means that finds its peer full.
class AgeLimit
{
public:
    // Permits cost nothing: the kernel need not ask for them.
    static constexpr std::uint32_t flags = SF_BACKPRESSURE_UNLIMITED;

    explicit AgeLimit(const sdk::Options& options);

    // What each does, and from which thread it may be called, stands in abi.h under sf_backpressure.
    sdk::Status try_acquire(std::uint64_t bytes) noexcept;
    sdk::Status wait(std::uint64_t bytes, sdk::Callback granted, sf_ticket& ticket);
    sdk::Status cancel(sf_ticket ticket) noexcept;
    void release(std::uint64_t bytes) noexcept;
    void state(sf_budget_state& state) const noexcept;

    std::uint32_t on_full(const sf_queue_summary& queue) const noexcept;

private:
    std::chrono::nanoseconds max_age_;
    std::uint32_t otherwise_;
};

} // namespace age
