#pragma once

#include "engine/job.hpp"

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <type_traits>
#include <utility>

namespace spaceframe::engine
{

class Reporter;

/// The order of a loop that lives in a host's context: one job at a time, first in, first out, by whatever
/// thread is there. Threads that run the context bring what completed and do what is queued, unless another
/// does; a thread that calls from outside does its part itself, so that it need not wait for the context.
class Strand
{
public:
    explicit Strand(std::shared_ptr<detail::Context> context) : context_(std::move(context))
    {}
    Strand(const Strand&) = delete;
    Strand& operator=(const Strand&) = delete;
    ~Strand();

    /// Before anything is posted: what jobs keep.
    void set_owner(std::weak_ptr<void> owner) noexcept
    {
        owner_ = std::move(owner);
    }

    /// Before anything is posted: hears of what jobs throw.
    void report_to(Reporter& reporter, std::size_t loop) noexcept
    {
        reporter_ = &reporter;
        loop_ = loop;
    }

    /// [strand] Inside a catch clause.
    void report_escape() noexcept;

    /// [any] As long as it is held the kernel is not destroyed.
    std::shared_ptr<void> keeper() const noexcept
    {
        return owner_.lock();
    }

    detail::Context& context() noexcept
    {
        return *context_;
    }

    /// [any] Calls `function` later; drops it once the context has ended. Throws std::bad_alloc.
    template <class Function>
    void post(Function&& function)
    {
        post(make_job(
            [function = std::forward<Function>(function)](const error_code& /*error*/) mutable
            {
                function();
            }));
    }

    /// [any] As post(), but not dropped once the context has ended: then `function` is called in its turn,
    /// here and now unless a thread is inside the strand, which does it. Not under a lock that `function`
    /// takes.
    template <class Function>
    void post_always(Function&& function)
    {
        post_always(make_job(
            [function = std::forward<Function>(function)](const error_code& /*error*/) mutable
            {
                function();
            }));
    }

    /// A job that somebody will complete or cancel, soon. Throws std::bad_alloc.
    template <class Function>
    JobPtr make_job(Function&& function)
    {
        return JobPtr(
            new FunctionJob<std::decay_t<Function>>(*this, owner_.lock(), std::forward<Function>(function)));
    }

    /// The same when that may take long.
    template <class Function>
    JobPtr make_lasting_job(Function&& function)
    {
        return JobPtr(new (Job::Lasting{}) FunctionJob<std::decay_t<Function>>(
            *this, owner_.lock(), std::forward<Function>(function)));
    }

    /// [any] Calls `function` before it returns, in its turn: waits for a job that runs, for nothing else.
    /// False, and it is not called, when that job waits for a strand whose job this thread is in. Throws
    /// std::bad_alloc; `function` must not throw.
    template <class Function>
    bool call(Function function)
    {
        if (running_here())
        {
            function();
            return true;
        }
        bool over = false;
        return call(make_job(
                        [&](const error_code& /*error*/)
                        {
                            function();
                            finish(over);
                        }),
                    over);
    }

    /// [any] True inside a job of this strand.
    bool running_here() const noexcept;
    /// [any] True on threads that run the context.
    bool driven_here() const noexcept
    {
        return context_->driven_here();
    }

    /// [any] A claimed job comes next.
    void arrive(JobPtr job) noexcept;
    /// [any] The same, but it is left to the context; after the end, to whoever is inside, if anybody is.
    void enqueue(JobPtr job) noexcept;
    /// [any] The context does not want a claimed job. Before the end whoever lent it is told and deals with
    /// it: it is dropped. After the end it comes next: a wait that is never told its end is never over.
    void give_up(JobPtr job) noexcept;
    /// [any] Nothing more will be asked of the context but what is queued: it is not kept for a wake-up.
    void quit() noexcept;
    /// [any] The context ends: does what is queued, and drops what is posted later. Inside a job of this
    /// strand what is queued is done as soon as that job is over.
    void end() noexcept;
    /// [any]
    bool ended() const noexcept;

private:
    class Turn;
    class NestedWait;

    void post(JobPtr job);
    void post_always(JobPtr job);
    bool call(JobPtr job, const bool& over);
    void finish(bool& over) noexcept;
    void push_and_wake(JobPtr job);
    void push(JobPtr job) noexcept;
    JobPtr pop() noexcept;
    void run(std::unique_lock<std::mutex>& lock, int most) noexcept;
    void wake();
    void wake_later() noexcept;

    std::shared_ptr<detail::Context> context_;
    std::weak_ptr<void> owner_;
    Reporter* reporter_ = nullptr;
    std::size_t loop_ = 0;
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    Job* first_ = nullptr;
    Job* last_ = nullptr;
    JobPtr wake_up_;                      // in the context
    std::atomic<std::thread::id> runner_; // while it is busy
    bool busy_ = false;
    bool quitting_ = false;
    std::atomic<bool> ended_{false}; // changes under the lock
};

} // namespace spaceframe::engine
