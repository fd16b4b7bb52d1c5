#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace spaceframe::backpressure
{

class Grants;

inline constexpr sf_option semaphore_options[] = {
    plugin::option("bytes", plugin::Type::bytes, "64MiB", "Size of the budget").range("1", "1024TiB"),
    plugin::choice("oversize", "alone|refuse", "alone",
                   "Fate of a message larger than the budget: admitted when the budget is empty, or refused"),
};

// What happens to a message that is larger than the whole budget.
enum class Oversize // in the order of the choices
{
    alone, // it is admitted when the budget is empty, and then has it to itself
    refuse // it is refused with SF_TOO_LARGE
};

// A budget of bytes: a counting semaphore that takes N at once, all or nothing.
//
// Without waiters, taking and giving back is one atomic operation each. Waiters are served strictly in the
// order in which they came, and nobody takes anything past them; so a large message is never starved by small
// ones. Grants are posted to the loop given to the constructor, in the same order.
//
// Every member may be called from any thread, also several at once. No function of the host is called under
// the lock.
class alignas(64) SemaphorePermits
{
public:
    // No budget, and no single acquisition, is larger than this.
    static constexpr std::uint64_t greatest = std::uint64_t{1} << 62U;

    // `limit`: bytes, 1 to `greatest`. The host and the loop outlive the budget, and the grants that were
    // posted.
    SemaphorePermits(plugin::Host host, sf_loop* loop, std::uint64_t limit, Oversize oversize);

    // From the options of `semaphore_options`.
    SemaphorePermits(plugin::Host host, sf_loop* loop, const plugin::Options& options);

    // As a destroyed budget must be: nobody waits. Grants that were posted are still delivered.
    ~SemaphorePermits();

    SemaphorePermits(const SemaphorePermits&) = delete;
    SemaphorePermits& operator=(const SemaphorePermits&) = delete;

    // Takes `bytes` now: SF_OK; SF_WOULD_BLOCK when there is no room or somebody waits; SF_TOO_LARGE, with a
    // reason given to the host, when it can never be granted.
    plugin::Status try_acquire(std::uint64_t bytes) noexcept
    {
        std::uint64_t word = word_.load(std::memory_order_relaxed);
        while ((word & waiting) == 0 && fits(bytes, word))
        {
            if (word_.compare_exchange_weak(word, word + bytes, std::memory_order_acquire,
                                            std::memory_order_relaxed))
            {
                return SF_OK;
            }
        }
        return impossible(bytes) ? too_large(bytes) : SF_WOULD_BLOCK;
    }

    // Asks for `bytes`. `granted(SF_OK)` is posted once they are the caller's, also when they are at once.
    // SF_TOO_LARGE as above. Throws std::bad_alloc, which changes nothing.
    plugin::Status wait(std::uint64_t bytes, plugin::Callback granted, sf_ticket& ticket);

    // SF_OK: the waiter is gone, and nothing is called. SF_NOT_FOUND: it was granted before.
    plugin::Status cancel(sf_ticket ticket) noexcept;

    // Gives back `bytes` that were granted, all at once or in parts.
    void release(std::uint64_t bytes) noexcept
    {
        if ((word_.fetch_sub(bytes, std::memory_order_acq_rel) & waiting) != 0)
        {
            serve();
        }
    }

    // The state of one moment.
    void state(sf_budget_state& state) const noexcept;

private:
    // The flag in `word_` that sends everybody to the lock: somebody waits. The other bits are the bytes in
    // use.
    static constexpr std::uint64_t waiting = std::uint64_t{1} << 63U;

    bool fits(std::uint64_t bytes, std::uint64_t used) const noexcept
    {
        return bytes <= limit_ ? used <= limit_ - bytes : used == 0 && !impossible(bytes);
    }

    bool impossible(std::uint64_t bytes) const noexcept
    {
        return bytes > greatest_single_;
    }

    plugin::Status too_large(std::uint64_t bytes) const noexcept;
    void serve() noexcept;
    bool serve_locked() noexcept;

    std::atomic<std::uint64_t> word_{0};
    const std::uint64_t limit_;
    const std::uint64_t greatest_single_;
    const plugin::Host host_;
    const std::shared_ptr<Grants> grants_;
};

} // namespace spaceframe::backpressure
