#include "token_bucket.hpp"

#include <algorithm>
#include <cmath>

namespace rate
{

namespace
{

// What rounding may cost: far below a byte, far above the errors of a sum of doubles.
constexpr double tolerance = 1e-3;

} // namespace

TokenBucket::TokenBucket(std::uint64_t rate, std::uint64_t burst, sf_time now) noexcept
    : rate_(static_cast<double>(rate) / 1e9)
    , burst_(static_cast<double>(burst))
    , tokens_(burst_)
    , filled_at_(now)
{}

bool TokenBucket::take(std::uint64_t bytes, sf_time now) noexcept
{
    refill(now);
    if (tokens_ + tolerance < threshold(bytes))
    {
        return false;
    }
    tokens_ -= static_cast<double>(bytes);
    return true;
}

std::uint64_t TokenBucket::delay_until(std::uint64_t bytes, sf_time now) noexcept
{
    refill(now);
    const double missing = threshold(bytes) - tokens_;
    return missing <= tolerance ? 0 : static_cast<std::uint64_t>(std::ceil(missing / rate_));
}

void TokenBucket::refill(sf_time now) noexcept
{
    // Two threads may read the clock in one order and come here in the other.
    if (now > filled_at_)
    {
        tokens_ = std::min(burst_, tokens_ + rate_ * static_cast<double>(now - filled_at_));
        filled_at_ = now;
    }
}

double TokenBucket::threshold(std::uint64_t bytes) const noexcept
{
    return std::min(static_cast<double>(bytes), burst_);
}

} // namespace rate
