#pragma once

#include "wait_queue.hpp"

#include <spaceframe/plugin/host.hpp>

#include <cstdint>
#include <memory>
#include <mutex>

namespace spaceframe::backpressure
{

// The slow side of a budget: who waits, and whose grant is still to be delivered on the loop. It outlives its
// budget as long as a delivery is posted.
//
// `mutex` guards everything else; members whose names end in `_locked` are called with it held.
class Grants : public std::enable_shared_from_this<Grants>
{
public:
    Grants(plugin::Host host, sf_loop* loop) noexcept;

    // Makes the first waiter's grant due.
    void grant_front_locked() noexcept;

    // True if the caller must call `post` after it let go of the mutex.
    bool must_post_locked() noexcept;

    // Posts one delivery for all grants that are due when it runs.
    void post() noexcept;

    std::mutex mutex;
    WaitQueue queue;
    std::uint64_t waited = 0;

private:
    void deliver(plugin::Status status) noexcept;

    const plugin::Host host_;
    sf_loop* const loop_;
    Waiter* first_due_ = nullptr;
    Waiter* last_due_ = nullptr;
    std::shared_ptr<Grants> posted_;
};

} // namespace spaceframe::backpressure
