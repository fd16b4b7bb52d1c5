#include "by_cause.hpp"

namespace by_cause
{

ByCause::ByCause(const sdk::Options& options)
    : absent_(options.duration("absent"))
    , lost_(options.duration("lost"))
    , other_(options.duration("other"))
    , attempts_(options.integer("attempts"))
{}

std::optional<std::chrono::nanoseconds> ByCause::next_delay(std::uint32_t attempt,
                                                            const sf_failure& last) const noexcept
{
    if (attempts_ != 0 && attempt > attempts_)
    {
        return std::nullopt;
    }
    switch (last.status)
    {
    case SF_REFUSED:
    case SF_NOT_FOUND:
        return absent_;
    case SF_CLOSED:
        // A peer that accepts and hangs up each time would otherwise be dialled without a pause.
        return attempt == 1 ? lost_ : absent_;
    default:
        return other_;
    }
}

} // namespace by_cause
