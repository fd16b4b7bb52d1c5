#pragma once

#include "semaphore_permits.hpp"

#include <spaceframe/plugin/testing/fake_host.hpp>

#include <cstdint>
#include <memory>
#include <vector>

namespace spaceframe::backpressure::testing
{

// A semaphore on a fake loop, and the grants that it delivered, in order.
class BudgetFixture
{
public:
    explicit BudgetFixture(std::uint64_t limit, Oversize oversize = Oversize::alone)
        : budget_(std::make_unique<SemaphorePermits>(host_.table(), host_.loop(), limit, oversize))
    {}

    SemaphorePermits& budget()
    {
        return *budget_;
    }

    plugin::testing::FakeHost& host()
    {
        return host_;
    }

    // Waits under a name; `granted` lists the name once the grant was delivered.
    sf_ticket wait(std::uint64_t bytes, int name)
    {
        waits_.push_back(std::make_unique<Wait>(Wait{this, name}));
        sf_ticket ticket = 0;
        status_ = budget_->wait(bytes, {&on_granted, waits_.back().get()}, ticket);
        return ticket;
    }

    // What the last `wait` returned.
    sf_status status() const
    {
        return status_;
    }

    // Delivers what was posted.
    const std::vector<int>& granted()
    {
        host_.drain();
        return granted_;
    }

    const std::vector<int>& granted_so_far() const
    {
        return granted_;
    }

    sf_budget_state state() const
    {
        sf_budget_state state{};
        budget_->state(state);
        return state;
    }

    void destroy()
    {
        budget_.reset();
    }

private:
    struct Wait
    {
        BudgetFixture* fixture;
        int name;
    };

    static void on_granted(void* context, sf_status status) noexcept
    {
        const auto* wait = static_cast<const Wait*>(context);
        wait->fixture->granted_.push_back(status == SF_OK ? wait->name : -wait->name);
    }

    plugin::testing::FakeHost host_;
    std::unique_ptr<SemaphorePermits> budget_;
    std::vector<std::unique_ptr<Wait>> waits_;
    std::vector<int> granted_;
    sf_status status_ = SF_OK;
};

} // namespace spaceframe::backpressure::testing
