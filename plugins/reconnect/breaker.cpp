#include "breaker.hpp"

#include <cerrno>

namespace spaceframe::reconnect
{
namespace
{

// What a connection ends with whose other side was killed.
bool broke(int os_error) noexcept
{
    return os_error == ECONNRESET || os_error == EPIPE || os_error == ECONNABORTED;
}

} // namespace

Cause cause_of(const sf_failure& failure) noexcept
{
    switch (failure.status)
    {
    case SF_NOT_FOUND:
        return Cause::absent;
    case SF_REFUSED:
        // The system says that nothing listens; without its error the peer itself spoke.
        return failure.os_error != 0 ? Cause::absent : Cause::rejected;
    case SF_PROTOCOL:
    case SF_TOO_LARGE:
        return Cause::rejected;
    case SF_CLOSED:
        return Cause::lost;
    case SF_TIMED_OUT:
        return Cause::timeout;
    case SF_SYSTEM:
        return broke(failure.os_error) ? Cause::lost : Cause::system;
    default:
        return Cause::none;
    }
}

Breaker::Breaker(Circuit circuit, Growth growth, Jitter jitter) noexcept
    : circuit_(circuit)
    , growth_(growth)
    , jitter_(jitter)
{}

Breaker::Breaker(const plugin::Options& options)
    : Breaker({static_cast<std::uint32_t>(options.integer("failures")),
               static_cast<Cause>(options.choice("open_on")), options.duration("open_for"),
               static_cast<std::uint32_t>(options.integer("give_up_after"))},
              Growth(options), make_jitter(options))
{}

Delay Breaker::next_delay(std::uint32_t attempt, const sf_failure& last) noexcept
{
    if (open_)
    {
        ++failed_probes_;
        if (failed_probes_ == circuit_.give_up_after)
        {
            return std::nullopt;
        }
    }
    else if (opens(attempt, last))
    {
        open_ = true;
    }
    return open_ ? jitter_.prolong(circuit_.open_for) : jitter_.spread(growth_.delay(attempt));
}

void Breaker::reset() noexcept
{
    open_ = false;
    failed_probes_ = 0;
}

bool Breaker::opens(std::uint32_t attempt, const sf_failure& last) const noexcept
{
    return attempt >= circuit_.failures ||
           (circuit_.open_on != Cause::none && cause_of(last) == circuit_.open_on);
}

} // namespace spaceframe::reconnect
