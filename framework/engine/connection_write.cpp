#include "engine/connection.hpp"
#include "engine/poison_guard.hpp"

#include <fmt/format.h>

#include <array>
#include <new>
#include <utility>

namespace spaceframe::engine
{
namespace
{

constexpr std::size_t buffers_at_once = 64;
// A loop has other connections to serve.
constexpr int rounds_in_a_turn = 16;

} // namespace

/// Holding the right to write. Writes until there is nothing left or the transport is full; gives the right
/// back, or keeps it until the transport has room.
void Connection::write() noexcept
{
    // Once the right to write is given back, another thread may let go of this connection.
    const auto self = shared_from_this();
    try
    {
        write_rounds(self);
    }
    catch (...)
    {
        // Memory: for messages that wait, or to tell the loop something.
        give_up_writing();
    }
}

void Connection::give_up_writing() noexcept
{
    bool closing = false;
    {
        const std::lock_guard guard(socket_->lock());
        writing_ = false;
        closing = closing_;
    }
    if (!closing)
    {
        give_up();
        return;
    }
    try
    {
        post_finish();
    }
    catch (...)
    {
        // Not even for that: closing the socket finishes it (close_finally).
        return;
    }
}

/// The connection cannot go on; it is closed as soon as the loop can be told.
void Connection::give_up() noexcept
{
    try
    {
        post_close(make_failure(SF_NO_MEMORY, errc::no_memory, "there is no memory to go on"));
    }
    catch (...)
    {
        // Whoever uses the connection next comes here again.
        return;
    }
}

void Connection::write_rounds(const std::shared_ptr<Connection>& self)
{
    for (int round = 0;; ++round)
    {
        if (draining_.empty())
        {
            draining_.clear();
            SocketCore::Refilled refilled;
            bool done = false;
            bool closing = false;
            {
                const std::lock_guard guard(socket_->lock());
                if (!closing_ && peer_ != nullptr)
                {
                    refilled = socket_->refill(*this);
                }
                closing = closing_;
                done = closing_ || filling_.empty();
                if (!done)
                {
                    filling_.swap(draining_);
                }
                else
                {
                    writing_ = false;
                    if (!closing)
                    {
                        filling_.clear();
                    }
                }
            }
            socket_->give_back(refilled.unused_charge);
            if (refilled.awaited)
            {
                socket_->notify();
            }
            if (closing)
            {
                post_finish();
            }
            if (done)
            {
                return;
            }
        }
        std::array<sf_iov, buffers_at_once> buffers;
        PoisonGuard poison(poisoned_);
        const sf_result result =
            transport_.stream_write(stream_.get(), buffers.data(), draining_.gather(buffers));
        if (result > 0)
        {
            poison.disarm();
            const auto bytes = static_cast<std::size_t>(result);
            const Chunk::Progress progress = draining_.advance(bytes);
            bool awaited = false;
            bool closing = false;
            Duty duty = Duty::none;
            const bool yield = round + 1 >= rounds_in_a_turn && loop_.running_here();
            // Before those who wait for it are told.
            socket_->permits().release(progress.charge);
            {
                const std::lock_guard guard(socket_->lock());
                awaited = socket_->written(*this, progress.messages, progress.charge, bytes);
                closing = closing_;
                if (closing || yield)
                {
                    writing_ = false;
                    duty = claim_turn();
                }
            }
            if (awaited)
            {
                socket_->notify();
            }
            if (closing)
            {
                post_finish();
            }
            else if (duty == Duty::wake)
            {
                wake();
            }
            if (closing || yield)
            {
                return;
            }
            continue;
        }
        if (result == -SF_WOULD_BLOCK)
        {
            poison.disarm();
            if (loop_.running_here())
            {
                arm_write();
            }
            else
            {
                loop_.post_always(
                    [self]
                    {
                        self->arm_write();
                    });
            }
            return;
        }
        Failure failure = take_failure(result == 0 ? sf_status{SF_FAILED} : static_cast<sf_status>(-result));
        bool closing = false;
        {
            const std::lock_guard guard(socket_->lock());
            writing_ = false;
            closing = closing_;
        }
        if (closing)
        {
            post_finish();
        }
        else
        {
            post_close(std::move(failure));
        }
        return;
    }
}

void Connection::arm_write()
{
    bool awaited = false;
    {
        const std::lock_guard guard(socket_->lock());
        if (closing_)
        {
            writing_ = false;
        }
        blocked_ = !closing_;
        awaited = blocked_ && socket_->note_stuck(*this);
    }
    if (!blocked_)
    {
        finish();
        return;
    }
    if (awaited)
    {
        socket_->notify();
    }
    blocked_since_ = Clock::now();
    write_wait_ = shared_from_this();
    transport_.stream_wait(stream_.get(), SF_WRITABLE, &Connection::on_writable, this);
    watch_for_stall();
}

/// The timer goes on when the transport has room again: a busy connection is full now and then, and pays one
/// timer for many such times.
void Connection::watch_for_stall() noexcept
{
    const std::chrono::nanoseconds most = stack_->description.settings.stall_timeout;
    if (socket_->row().outbound != pattern::Outbound::fan_out || most.count() == 0 ||
        most == manifest::infinite || stall_timer_)
    {
        return;
    }
    try
    {
        stall_timer_.emplace(loop_);
        start_stall_timer(most);
    }
    catch (const std::bad_alloc&)
    {
        // The next time that the transport is full.
        stall_timer_.reset();
    }
}

void Connection::start_stall_timer(std::chrono::nanoseconds most)
{
    stall_timer_->start(blocked_since_ + most,
                        [weak = weak_from_this(), most](const error_code& error)
                        {
                            const auto self = weak.lock();
                            if (!error && self && !self->closing_)
                            {
                                self->attempt(
                                    [&]
                                    {
                                        self->check_for_stall(most);
                                    });
                            }
                        });
}

void Connection::check_for_stall(std::chrono::nanoseconds most)
{
    if (!blocked_)
    {
        stall_timer_.reset();
    }
    else if (Clock::now() - blocked_since_ < most)
    {
        start_stall_timer(most);
    }
    else
    {
        close(make_failure(SF_TIMED_OUT, errc::timed_out,
                           fmt::format("the peer took nothing for {} ms, although there was something for it",
                                       std::chrono::duration_cast<std::chrono::milliseconds>(most).count())));
    }
}

void Connection::on_writable(void* context, sf_status status)
{
    const auto self = std::exchange(static_cast<Connection*>(context)->write_wait_, nullptr);
    {
        const std::lock_guard guard(self->socket_->lock());
        self->blocked_ = false;
        self->writing_ = !self->closing_ && status == SF_OK;
        if (self->closing_)
        {
            return;
        }
    }
    if (status == SF_OK)
    {
        self->write();
        return;
    }
    self->attempt(
        [&]
        {
            self->fail(status);
        });
}

} // namespace spaceframe::engine
