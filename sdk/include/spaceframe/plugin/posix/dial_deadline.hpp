#pragma once

#include <spaceframe/plugin/abi.h>

#include <chrono>
#include <cstddef>

namespace spaceframe::plugin::posix
{

// One deadline for all the addresses of a dial, without I/O. Each gets an equal share of the time that is
// left, so that one that says nothing leaves the others theirs, and one that fails early leaves them more.
class DialDeadline
{
public:
    // `limit`: for all addresses together; 0 for none.
    explicit DialDeadline(std::chrono::nanoseconds limit) noexcept : limit_(limit)
    {}

    // The dial begins `now`, with so many addresses.
    void start(sf_time now, std::size_t addresses) noexcept
    {
        end_ = limit_ == limit_.zero() ? SF_NEVER : now + static_cast<sf_time>(limit_.count());
        left_ = addresses;
    }

    // The next of them is tried `now`: returns until when. SF_NEVER: as long as the system tries.
    sf_time next(sf_time now) noexcept
    {
        if (end_ == SF_NEVER)
        {
            return SF_NEVER;
        }
        const sf_time rest = end_ > now ? end_ - now : 0;
        const sf_time share = left_ > 1 ? rest / left_ : rest;
        left_ -= left_ > 0 ? 1U : 0U;
        return now + share;
    }

private:
    std::chrono::nanoseconds limit_;
    sf_time end_ = SF_NEVER;
    std::size_t left_ = 0; // addresses that were not tried yet
};

} // namespace spaceframe::plugin::posix
