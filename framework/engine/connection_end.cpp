#include "engine/connection.hpp"

#include <new>
#include <utility>

namespace spaceframe::engine
{

void Connection::fail(sf_status status)
{
    close(take_failure(status));
}

void Connection::post_close(Failure failure)
{
    loop_.post(
        [self = shared_from_this(), failure = std::move(failure)]() mutable
        {
            self->close_finally(std::move(failure));
        });
}

void Connection::close_finally(Failure failure)
{
    if (closing_)
    {
        finish_unless_written();
    }
    else
    {
        close(std::move(failure));
    }
}

void Connection::close(Failure failure)
{
    if (closing_)
    {
        return;
    }
    // Not from here: callers up the stack still use the session. Before anything changes: it may fail.
    post_finish();
    begin_end(std::move(failure));
}

/// As close(), where there is no memory for that. Nobody up the stack uses the session; the transport may be
/// there, in a callback.
void Connection::end_here(Failure failure) noexcept
{
    if (closing_)
    {
        return;
    }
    begin_end(std::move(failure));
    try
    {
        post_finish();
    }
    catch (const std::bad_alloc&)
    {
        finish_unless_written();
    }
}

void Connection::begin_end(Failure failure) noexcept
{
    failure_ = std::move(failure);
    tick_timer_.reset();
    turn_timer_.reset();
    hang_up_timer_.reset();
    stall_timer_.reset();
    const std::lock_guard guard(socket_->lock());
    closing_ = true;
}

/// Whoever writes finishes when he is done.
void Connection::finish_unless_written() noexcept
{
    bool writes = false;
    {
        const std::lock_guard guard(socket_->lock());
        writes = writing_ && !blocked_;
    }
    if (!writes)
    {
        finish();
    }
}

void Connection::post_finish()
{
    loop_.post_always(
        [self = shared_from_this()]
        {
            self->finish_unless_written();
        });
}

void Connection::finish() noexcept
{
    if (std::exchange(finished_, true))
    {
        return;
    }
    const bool was_ready = ready_;
    try
    {
        socket_->detach(*this);
    }
    catch (const std::bad_alloc&)
    {
        stack_->reporter.kernel().report_escape(loop_.index());
    }
    stream_.reset();
    if (session_ != nullptr)
    {
        protocol_.session_close(session_);
        session_ = nullptr;
    }
    {
        const std::lock_guard guard(socket_->lock());
        if (!was_ready && failure_.status != SF_CANCELLED)
        {
            ++socket_->counters.failures;
        }
        filling_.clear();
        draining_.clear();
    }
    const bool announce = was_ready || failure_.status != SF_CANCELLED;
    if (announce)
    {
        stack_->reporter.report(event(was_ready ? Event::Kind::disconnected : Event::Kind::failed), failure_);
    }
    if (on_end_)
    {
        std::exchange(on_end_, nullptr)(shared_from_this(), failure_, was_ready);
    }
}

} // namespace spaceframe::engine
