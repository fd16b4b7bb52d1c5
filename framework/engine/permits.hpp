#pragma once

#include "engine/budget.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <memory>
#include <mutex>

namespace spaceframe::engine
{

/// The permits of a socket's messages: bytes of the socket's own budget and then as many of the kernel's,
/// which all sockets share. The order is the same for everybody, and what was taken goes out without another
/// permit: nobody holds the one for ever while he waits for the other. Thread-safe.
class Permits
{
public:
    /// `shared` may be empty.
    Permits(std::unique_ptr<Budget> own, std::shared_ptr<Budget> shared);
    Permits(const Permits&) = delete;
    Permits& operator=(const Permits&) = delete;
    /// Nobody waits.
    ~Permits();

    /// True when everything is granted: nothing needs to be counted.
    bool unlimited() const noexcept
    {
        return own_ == nullptr && shared_ == nullptr;
    }

    /// The socket's own policy, where it says what a message means that finds its peer full; or nullptr.
    Budget* decider() const noexcept
    {
        return policy_->decides() ? policy_.get() : nullptr;
    }

    /// SF_OK, SF_WOULD_BLOCK, or SF_TOO_LARGE when it can never be granted, unless that is not to be seen
    /// while the first budget has no room.
    sf_status try_acquire(std::uint64_t bytes) noexcept;
    /// True when so many are more than a budget ever grants.
    bool too_large(std::uint64_t bytes) noexcept;
    /// `granted` is called later, on the budget's loop, never from here: with SF_OK, or with an error, and
    /// then nothing was granted. SF_NO_MEMORY, SF_TOO_LARGE: it is not called.
    sf_status wait(std::uint64_t bytes, sf_callback granted, void* context, sf_ticket& ticket) noexcept;
    /// SF_OK: `granted` will not be called. SF_NOT_FOUND: it is called, or has been.
    sf_status cancel(sf_ticket ticket) noexcept;
    /// After SF_NOT_FOUND, where the budget's loop is no more and `granted` is never called: SF_OK when the
    /// permit is the caller's.
    sf_status settle(sf_ticket ticket) noexcept;
    void release(std::uint64_t bytes) noexcept;
    /// Of the socket's own budget.
    BudgetState state() const noexcept;
    /// Of all budgets; UINT64_MAX where there is none.
    std::uint64_t least_limit() const noexcept;

private:
    struct Wait;

    static void on_own(void* context, sf_status status);
    static void on_shared(void* context, sf_status status);
    std::unique_ptr<Wait> remove(const Wait& wait) noexcept;
    Wait* find(sf_ticket ticket) noexcept;

    Budget* only() const noexcept
    {
        return own_ == nullptr ? shared_.get() : own_;
    }

    std::unique_ptr<Budget> policy_;
    Budget* own_;                    // the same; nullptr where it is unlimited
    std::shared_ptr<Budget> shared_; // likewise
    std::mutex mutex_;
    boost::container::small_vector<std::unique_ptr<Wait>, 4> waits_; // where there are two budgets
    sf_ticket last_ticket_ = 0;
};

} // namespace spaceframe::engine
