#pragma once

#include "engine/loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <optional>
#include <utility>

namespace spaceframe::engine
{

/// A timer of a loop. [loop]
class LoopTimer
{
public:
    explicit LoopTimer(Loop& loop) : strand_(loop.strand())
    {
        if (strand_ != nullptr)
        {
            hosted_ = strand_->context().make_timer();
        }
        else
        {
            own_.emplace(loop.context());
        }
    }
    LoopTimer(const LoopTimer&) = delete;
    LoopTimer& operator=(const LoopTimer&) = delete;
    ~LoopTimer()
    {
        if (job_)
        {
            cancel();
        }
    }

    /// Calls `handler(error)` at `when`, on the loop, or later with an error when it is cancelled. One that
    /// was started before is cancelled first. Throws std::bad_alloc.
    template <class Handler>
    void start(Clock::time_point when, Handler&& handler)
    {
        if (own_)
        {
            own_->expires_at(when);
            own_->async_wait(std::forward<Handler>(handler));
            return;
        }
        cancel();
        JobPtr job = strand_->make_lasting_job(std::forward<Handler>(handler));
        hosted_->wait(when, job->lend());
        job_ = std::move(job);
    }

    void cancel() noexcept
    {
        if (own_)
        {
            own_->cancel();
        }
        else if (const JobPtr job = std::exchange(job_, nullptr))
        {
            job->cancel(boost::asio::error::operation_aborted);
            hosted_->cancel();
        }
    }

private:
    Strand* strand_;
    std::optional<boost::asio::steady_timer> own_;
    std::unique_ptr<detail::ContextTimer> hosted_;
    JobPtr job_;
};

} // namespace spaceframe::engine
