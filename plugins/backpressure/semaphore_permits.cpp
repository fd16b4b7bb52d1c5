#include "semaphore_permits.hpp"

#include "grants.hpp"

#include <algorithm>
#include <cinttypes>
#include <cstdio>
#include <mutex>

namespace spaceframe::backpressure
{

SemaphorePermits::SemaphorePermits(plugin::Host host, sf_loop* loop, std::uint64_t limit, Oversize oversize)
    : limit_(std::min(limit, greatest))
    , greatest_single_(oversize == Oversize::alone ? greatest : limit_)
    , host_(host)
    , grants_(std::make_shared<Grants>(host, loop))
{}

SemaphorePermits::SemaphorePermits(plugin::Host host, sf_loop* loop, const plugin::Options& options)
    : SemaphorePermits(host, loop, options.bytes("bytes"), static_cast<Oversize>(options.choice("oversize")))
{}

SemaphorePermits::~SemaphorePermits() = default;

plugin::Status SemaphorePermits::wait(std::uint64_t bytes, plugin::Callback granted, sf_ticket& ticket)
{
    if (impossible(bytes))
    {
        return too_large(bytes);
    }
    Grants& grants = *grants_;
    bool post = false;
    {
        const std::lock_guard lock(grants.mutex);
        ticket = grants.queue.push(bytes, granted);
        // From here on whoever releases comes to the lock; what was released before is seen below.
        word_.fetch_or(waiting, std::memory_order_acq_rel);
        post = serve_locked();
        if (grants.queue.front() != nullptr)
        {
            ++grants.waited;
        }
    }
    if (post)
    {
        grants.post();
    }
    return SF_OK;
}

plugin::Status SemaphorePermits::cancel(sf_ticket ticket) noexcept
{
    Grants& grants = *grants_;
    bool post = false;
    {
        const std::lock_guard lock(grants.mutex);
        if (!grants.queue.remove(ticket))
        {
            return SF_NOT_FOUND;
        }
        post = serve_locked();
    }
    if (post)
    {
        grants.post();
    }
    return SF_OK;
}

void SemaphorePermits::serve() noexcept
{
    Grants& grants = *grants_;
    bool post = false;
    {
        const std::lock_guard lock(grants.mutex);
        post = serve_locked();
    }
    if (post)
    {
        grants.post();
    }
}

bool SemaphorePermits::serve_locked() noexcept
{
    Grants& grants = *grants_;
    // While the flag is set the count only falls, but for what is granted here: what fits now still fits
    // below.
    while (const Waiter* first = grants.queue.front())
    {
        if (!fits(first->bytes, word_.load(std::memory_order_acquire) & ~waiting))
        {
            return grants.must_post_locked();
        }
        word_.fetch_add(first->bytes, std::memory_order_acq_rel);
        grants.grant_front_locked();
    }
    word_.fetch_and(~waiting, std::memory_order_acq_rel);
    return grants.must_post_locked();
}

void SemaphorePermits::state(sf_budget_state& state) const noexcept
{
    const std::lock_guard lock(grants_->mutex);
    state = {.limit = limit_,
             .used = word_.load(std::memory_order_relaxed) & ~waiting,
             .waiting = grants_->queue.size(),
             .waited = grants_->waited};
}

plugin::Status SemaphorePermits::too_large(std::uint64_t bytes) const noexcept
{
    char text[200];
    std::snprintf(text, sizeof text,
                  "a message of %" PRIu64 " bytes can never have a permit: the budget is %" PRIu64
                  " bytes; raise 'bytes'%s",
                  bytes, limit_, greatest_single_ == greatest ? "" : " or set 'oversize' to 'alone'");
    return host_.fail(SF_TOO_LARGE, text);
}

} // namespace spaceframe::backpressure
