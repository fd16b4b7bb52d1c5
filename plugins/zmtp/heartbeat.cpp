#include "heartbeat.hpp"

#include <algorithm>

namespace spaceframe::zmtp
{

namespace
{

constexpr sf_time tenth_of_a_second = 100'000'000;

sf_time later(sf_time time, sf_time delay) noexcept
{
    return delay >= SF_NEVER - time ? SF_NEVER : time + delay;
}

std::uint16_t in_tenths(sf_time time) noexcept
{
    const sf_time tenths = time / tenth_of_a_second + (time % tenth_of_a_second != 0 ? 1 : 0);
    return static_cast<std::uint16_t>(std::min<sf_time>(tenths, UINT16_MAX));
}

} // namespace

Heartbeat::Heartbeat(const Settings& settings) noexcept
    : interval_(settings.heartbeat_ivl == 0 ? SF_NEVER : settings.heartbeat_ivl)
    , timeout_(settings.heartbeat_timeout == 0 ? interval_ : settings.heartbeat_timeout)
    , our_ttl_(in_tenths(settings.heartbeat_ttl))
{}

void Heartbeat::start(sf_time now, bool peer_knows_ping) noexcept
{
    last_heard_ = now;
    ping_at_ = peer_knows_ping ? later(now, interval_) : SF_NEVER;
}

void Heartbeat::asked(std::uint16_t ttl) noexcept
{
    peer_ttl_ = ttl == 0 ? SF_NEVER : ttl * tenth_of_a_second;
}

Heartbeat::Action Heartbeat::tick(sf_time now) noexcept
{
    if (now >= silent_at())
    {
        return Action::silence;
    }
    if (now < ping_at_)
    {
        return Action::none;
    }
    ping_at_ = later(now, interval_);
    dead_at_ = std::min(dead_at_, later(now, timeout_));
    return Action::ping;
}

sf_time Heartbeat::next() const noexcept
{
    return std::min(ping_at_, silent_at());
}

sf_time Heartbeat::silent_at() const noexcept
{
    return std::min(dead_at_, later(last_heard_, peer_ttl_));
}

} // namespace spaceframe::zmtp
