#pragma once

#include "engine/loop.hpp"
#include "engine/signal.hpp"

#include <spaceframe/error.hpp>

#include <boost/system/system_error.hpp>

#include <atomic>
#include <cstddef>
#include <future>
#include <memory>
#include <type_traits>
#include <utility>
#include <vector>

namespace spaceframe::engine
{

/// The loops of a kernel, and how a thread that waits makes progress: `threads N` waits for the loops'
/// threads, `threads 0` drives the one loop itself. On a host's contexts it waits for the host.
class Driver
{
public:
    Driver(unsigned threads, std::chrono::nanoseconds spin);
    /// A loop on each of a host's contexts.
    explicit Driver(const std::vector<std::shared_ptr<detail::Context>>& contexts);

    /// The host drives: nothing may wait for the loops but what asks for it.
    bool hosted() const noexcept
    {
        return first_loop_.strand() != nullptr;
    }

    /// Hosted: what work on the loops keeps.
    void set_owner(const std::weak_ptr<void>& owner) noexcept;

    /// Before the start: hears of what handlers throw.
    void report_to(Reporter& reporter) noexcept;

    bool callers_drive() const noexcept
    {
        return callers_drive_;
    }

    /// [any] Starts the threads, if there are any.
    void start();
    /// [any, but no loop] Ends the threads after what is ready has run. Hosted: asks nothing more of the
    /// host.
    void stop();
    /// [any] Hosted: the host is about to destroy one of its contexts.
    void end(std::size_t loop) noexcept;
    /// [any] The loops have ended: what is posted to them is never run.
    bool ended() const noexcept
    {
        return ended_.load();
    }

    /// [any] Loops in turn, so that connections spread over them.
    Loop& next_loop() noexcept;
    /// [any] The loop whose handler this is, or the next one.
    Loop& near_loop() noexcept;
    Loop& first_loop() noexcept
    {
        return first_loop_;
    }

    /// [any] True on a thread that drives one of the loops, inside a handler or not: it must not wait.
    bool on_a_loop() const noexcept;
    /// [any] True inside a handler of one of the loops.
    bool in_a_handler() const noexcept;

    /// [any] Waits until `ready()` or `deadline`; returns what `ready()` said last. On a loop, which must not
    /// wait, it says so at once.
    template <class Ready>
    bool wait(Signal& signal, Ready ready, Clock::time_point deadline)
    {
        if (on_a_loop())
        {
            return ready();
        }
        return callers_drive_ ? seat_.wait(ready, deadline) : signal.wait(ready, deadline);
    }

    /// [any] Something changed that those who wait on `signal` may wait for.
    void notify(Signal& signal) noexcept
    {
        if (callers_drive_)
        {
            seat_.notify();
        }
        else
        {
            signal.notify();
        }
    }

    /// [any] Lets what is ready happen, where callers drive.
    void poll()
    {
        if (callers_drive_ && !on_a_loop())
        {
            seat_.poll();
        }
    }

    /// [any] Runs `function` on `loop` and returns its result, or throws its exception. Runs it at once when
    /// the thread is on that loop.
    template <class Function>
    auto call(Loop& loop, Function function) -> std::invoke_result_t<Function>
    {
        if (loop.running_here() || (!callers_drive_ && !hosted() && !loop.has_thread() && !ended_.load()))
        {
            // Without threads, before the start, nobody else is there.
            return function();
        }
        if (in_a_handler())
        {
            throw boost::system::system_error(make_error_code(errc::would_deadlock),
                                              "a handler on one loop may not wait for another loop");
        }
        auto task =
            std::make_shared<std::packaged_task<std::invoke_result_t<Function>()>>(std::move(function));
        auto result = task->get_future();
        if (hosted())
        {
            const bool called = loop.strand()->call(
                [&]
                {
                    (*task)();
                });
            if (!called)
            {
                throw boost::system::system_error(
                    make_error_code(errc::would_deadlock),
                    "the loop is in a handler that waits for the handler of another kernel that asks for it");
            }
            return result.get();
        }
        loop.post(
            [this, task]
            {
                (*task)();
                if (callers_drive_)
                {
                    seat_.notify();
                }
            });
        const auto ready = [&]
        {
            return result.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        };
        constexpr std::chrono::milliseconds look_up{20};
        while (!ready())
        {
            if (ended_.load())
            {
                // The loop's last handler has run: ours never will.
                throw boost::system::system_error(make_error_code(errc::terminated));
            }
            if (callers_drive_)
            {
                seat_.wait(ready, Clock::now() + look_up);
            }
            else
            {
                result.wait_for(look_up);
            }
        }
        return result.get();
    }

    /// [any] Runs `function` on `loop`: before it returns if nobody has to be waited for but a handler that
    /// runs, or if the caller may `wait`. Else later.
    template <class Function>
    void run(Loop& loop, Function function, bool wait)
    {
        const bool at_once = hosted() || wait;
        if (loop.running_here() || (at_once && !in_a_handler()))
        {
            try
            {
                call(loop, function);
                return;
            }
            catch (const boost::system::system_error& problem)
            {
                if (!hosted() || problem.code() != errc::would_deadlock)
                {
                    throw;
                }
            }
        }
        loop.post_always(std::move(function));
    }

private:
    explicit Driver(std::vector<std::unique_ptr<Loop>> loops, bool callers_drive);

    bool callers_drive_;
    std::atomic<bool> ended_{false};
    std::vector<std::unique_ptr<Loop>> loops_;
    Loop& first_loop_;
    std::atomic<std::size_t> turn_{0};
    Seat seat_;
};

} // namespace spaceframe::engine
