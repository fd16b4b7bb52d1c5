#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <cstdint>
#include <memory>

namespace rate
{

namespace sdk = spaceframe::plugin;

class Turns;

// What a manifest can set.
inline constexpr sf_option rate_options[] = {
    sdk::option("rate", sdk::Type::bytes, "1MiB", "Bytes that may go out in a second").range("1", "1TB"),
    sdk::option("burst", sdk::Type::bytes, "64KiB", "Bytes that may go out at once after a pause")
        .range("1", "1TB"),
};

// A budget that limits a rate instead of an amount: a permit costs tokens, and time gives them back, not
// `release`. First come, first served.
//
// A permit that is given back unused was paid for all the same (the policy cannot tell), so the limit errs on
// the slow side.
class RateLimit
{
public:
    RateLimit(sdk::Host host, sf_loop* loop, const sdk::Options& options);

    // What each does, and from which thread it may be called, stands in abi.h under sf_backpressure.
    sdk::Status try_acquire(std::uint64_t bytes) noexcept;
    sdk::Status wait(std::uint64_t bytes, sdk::Callback granted, sf_ticket& ticket);
    sdk::Status cancel(sf_ticket ticket) noexcept;
    void release(std::uint64_t bytes) noexcept;
    void state(sf_budget_state& state) const noexcept;

private:
    std::shared_ptr<Turns> turns_;
};

} // namespace rate
