#include "engine/proxy.hpp"

#include <utility>

namespace spaceframe::engine
{
namespace
{

// The loop has other work between two runs.
constexpr int groups_in_a_run = 16;

std::size_t message_end(const FrameList& frames, std::size_t begin) noexcept
{
    while ((frames[begin].flags & SF_FRAME_MORE) != 0)
    {
        ++begin;
    }
    return begin + 1;
}

/// Frames whose references the source owns; those that were taken are released.
class HeldSource final : public Source
{
public:
    HeldSource(const FrameList& frames, std::size_t& begin) noexcept : frames_(frames), begin_(begin)
    {}

    std::size_t remaining() const noexcept override
    {
        std::size_t messages = 0;
        for (std::size_t i = begin_; i < frames_.size(); ++i)
        {
            messages += (frames_[i].flags & SF_FRAME_MORE) == 0 ? 1U : 0U;
        }
        return messages;
    }

    std::size_t peek(FrameList& frames, std::size_t limit) const override
    {
        frames.clear();
        std::size_t messages = 0;
        std::size_t begin = begin_;
        while (begin < frames_.size() && messages < limit)
        {
            const std::size_t end = message_end(frames_, begin);
            frames.insert(frames.end(), frames_.begin() + static_cast<std::ptrdiff_t>(begin),
                          frames_.begin() + static_cast<std::ptrdiff_t>(end));
            begin = end;
            ++messages;
        }
        return messages;
    }

    void taken(std::size_t count) noexcept override
    {
        for (; count > 0; --count)
        {
            const std::size_t end = message_end(frames_, begin_);
            for (; begin_ < end; ++begin_)
            {
                if (frames_[begin_].owner != nullptr)
                {
                    memory::release(frames_[begin_].owner);
                }
            }
        }
    }

private:
    const FrameList& frames_;
    std::size_t& begin_;
};

} // namespace

Pump::Pump(Loop& loop, std::shared_ptr<SocketCore> from, std::shared_ptr<SocketCore> to)
    : loop_(loop)
    , from_(std::move(from))
    , to_(std::move(to))
{}

Pump::~Pump()
{
    HeldSource rest(held_, held_begin_);
    rest.taken(rest.remaining());
}

void Pump::schedule()
{
    if (!scheduled_.exchange(true))
    {
        loop_.post(
            [self = shared_from_this()]
            {
                self->run();
            });
    }
}

void Pump::run()
{
    scheduled_.store(false);
    for (int group = 0; group < groups_in_a_run; ++group)
    {
        if (permit_wait_ || stopped_)
        {
            return;
        }
        if (held_begin_ == held_.size())
        {
            held_begin_ = 0;
            if (from_->take_frames(held_) == 0)
            {
                return;
            }
        }
        HeldSource source(held_, held_begin_);
        error_code error;
        to_->send(source, no_wait, error);
        if (error == errc::would_block)
        {
            if (wait_for_permit())
            {
                return;
            }
        }
        else if (error == errc::terminated)
        {
            return;
        }
        else if (error)
        {
            // Nobody can ever take this message: a request for an identity that is gone, or one beyond the
            // whole budget.
            to_->drop_refused(error);
            source.taken(1);
        }
    }
    schedule();
}

/// After a send that found no room. True when there is nothing to do until somebody calls back.
bool Pump::wait_for_permit()
{
    Budget& budget = to_->permits();
    if (budget.unlimited())
    {
        return true;
    }
    const std::size_t end = message_end(held_, held_begin_);
    permit_ = charge_of({held_.data() + held_begin_, end - held_begin_});
    if (budget.try_acquire(permit_) == SF_OK)
    {
        // There are permits: the peers are full, and the socket says when they are not.
        budget.release(permit_);
        return true;
    }
    permit_wait_ = shared_from_this();
    if (budget.wait(permit_, &Pump::on_granted, this, ticket_) != SF_OK)
    {
        permit_wait_.reset();
        return false;
    }
    return true;
}

void Pump::on_granted(void* context, sf_status status)
{
    const auto self = std::exchange(static_cast<Pump*>(context)->permit_wait_, nullptr);
    if (status == SF_OK)
    {
        self->to_->permits().release(self->permit_);
    }
    self->run();
}

void Pump::stop()
{
    stopped_ = true;
    if (permit_wait_ && to_->permits().cancel(ticket_) == SF_OK)
    {
        permit_wait_.reset();
    }
}

Proxy::Proxy(Loop& loop, std::shared_ptr<SocketCore> front, std::shared_ptr<SocketCore> back)
    : loop_(loop)
    , front_(std::move(front))
    , back_(std::move(back))
    , forward_(std::make_shared<Pump>(loop, front_, back_))
    , backward_(std::make_shared<Pump>(loop, back_, front_))
{}

void Proxy::start()
{
    const auto schedule = [](const std::shared_ptr<Pump>& pump)
    {
        return [pump]
        {
            pump->schedule();
        };
    };
    front_->set_hooks(schedule(forward_), schedule(backward_));
    back_->set_hooks(schedule(backward_), schedule(forward_));
    forward_->schedule();
    backward_->schedule();
}

void Proxy::stop()
{
    forward_->stop();
    backward_->stop();
}

} // namespace spaceframe::engine
