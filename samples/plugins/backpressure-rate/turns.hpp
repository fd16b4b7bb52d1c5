#pragma once

#include "token_bucket.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>

namespace rate
{

namespace sdk = spaceframe::plugin;

// Who waits for tokens, and the timer that says when there are enough. Granting happens on the loop only,
// which is where a timer may be used and where callbacks are made; everything else may come from any thread.
//
// The kernel may destroy its budget while a callback is on its way: until it has come, this object keeps
// itself alive.
class Turns : public std::enable_shared_from_this<Turns>
{
public:
    // `rate` and `burst`: token_bucket.hpp.
    Turns(sdk::Host host, sf_loop* loop, std::uint64_t rate, std::uint64_t burst) noexcept;

    // [any] Takes tokens at once; never past somebody who waits.
    bool take(std::uint64_t bytes) noexcept;
    // [any] Joins the end of the queue. Throws std::bad_alloc.
    sf_ticket join(std::uint64_t bytes, sdk::Callback granted);
    // [any] False when the ticket was granted before.
    bool leave(sf_ticket ticket) noexcept;

    // [any] Counts what was granted and has come back. No tokens come with it: those flow in with time.
    void give_back(std::uint64_t bytes) noexcept;
    // [any]
    sf_budget_state state() const noexcept;

private:
    struct Turn
    {
        sf_ticket ticket;
        std::uint64_t bytes;
        sdk::Callback granted;
    };

    // What was asked of the host comes back through one of these, once.
    void on_post(sdk::Status status) noexcept;
    void on_timer(sdk::Status status) noexcept;

    bool must_post_locked() noexcept;
    void expect_locked() noexcept;
    void returned() noexcept;
    void serve() noexcept;
    void set_timer(std::uint64_t delay) noexcept;

    const sdk::Host host_;
    sf_loop* const loop_;
    sdk::Timer timer_;    // used on the loop only; it is open as long as somebody waits
    bool warned_ = false; // likewise

    mutable std::mutex mutex_; // guards what follows; of the host only the clock is used with it held
    TokenBucket bucket_;
    std::list<Turn> queue_;
    sf_ticket last_ticket_ = 0;
    std::uint64_t used_ = 0;
    std::uint64_t waited_ = 0;
    bool posted_ = false;
    bool timed_ = false; // the timer is open
    unsigned outstanding_ = 0;
    std::shared_ptr<Turns> self_;
};

} // namespace rate
