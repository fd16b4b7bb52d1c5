#pragma once

#include "engine/driver.hpp"
#include "engine/permits.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <new>

namespace spaceframe::engine
{

/// Waits, as a thread, for permits of so many bytes. SF_OK: they are the caller's. SF_TIMED_OUT, SF_CANCELLED
/// (when `given_up()` became true) or a budget's refusal: they are not.
template <class GivenUp>
sf_status wait_for_permit(Permits& permits, std::uint64_t bytes, Driver& driver, Signal& changed,
                          GivenUp given_up, Clock::time_point deadline)
{
    struct Wait
    {
        Driver& driver;
        Signal& changed;
        sf_status status = SF_OK;
        std::atomic<bool> told{false};
    };
    Wait wait{driver, changed};
    const auto granted = [](void* context, sf_status status)
    {
        Wait& self = *static_cast<Wait*>(context);
        Driver& owner = self.driver;
        Signal& signal = self.changed;
        self.status = status;
        self.told.store(true);
        owner.notify(signal);
    };
    sf_ticket ticket = 0;
    if (const sf_status status = permits.wait(bytes, granted, &wait, ticket); status != SF_OK)
    {
        return status;
    }
    driver.wait(
        changed,
        [&]
        {
            return wait.told.load() || given_up();
        },
        deadline);
    if (!wait.told.load() && permits.cancel(ticket) == SF_OK)
    {
        return given_up() ? SF_CANCELLED : SF_TIMED_OUT;
    }
    // Granted, or about to be: the callback must have run before `wait` goes.
    const auto told = [&]
    {
        return wait.told.load();
    };
    if (!driver.hosted())
    {
        driver.wait(changed, told, Clock::time_point::max());
        return wait.status;
    }
    constexpr std::chrono::milliseconds look_up{20};
    while (!told())
    {
        // The host may have stopped: then the callback is called here.
        Strand& strand = *driver.first_loop().strand();
        const bool ended = strand.ended();
        try
        {
            strand.call([] {});
            if (ended)
            {
                // What was posted since the end is never called.
                return told() ? wait.status : permits.settle(ticket);
            }
        }
        catch (const std::bad_alloc&)
        {
            // Then the host calls it, or there is memory soon.
        }
        driver.wait(changed, told, Clock::now() + look_up);
    }
    return wait.status;
}

} // namespace spaceframe::engine
