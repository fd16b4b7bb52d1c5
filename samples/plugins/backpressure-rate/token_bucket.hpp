#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>

namespace rate
{

// A token bucket, without a clock: tokens are bytes that may go out, and flow in at a constant rate until the
// bucket is full.
//
// More than the bucket holds is granted when it is full, and leaves a debt that must flow in before anything
// else is granted. So nothing is too large, and the mean rate holds all the same.
class TokenBucket
{
public:
    // `rate` in bytes per second, `burst` in bytes: 1 to 2^50 each. The bucket is full at `now`.
    TokenBucket(std::uint64_t rate, std::uint64_t burst, sf_time now) noexcept;

    // Takes `bytes`, if they are there.
    bool take(std::uint64_t bytes, sf_time now) noexcept;

    // The nanoseconds from `now` until `take` gives `bytes`; 0 when it does already.
    std::uint64_t delay_until(std::uint64_t bytes, sf_time now) noexcept;

private:
    void refill(sf_time now) noexcept;

    // What must be in the bucket for `bytes` to be granted.
    double threshold(std::uint64_t bytes) const noexcept;

    double rate_; // bytes per nanosecond
    double burst_;
    double tokens_; // negative: a debt
    sf_time filled_at_;
};

} // namespace rate
