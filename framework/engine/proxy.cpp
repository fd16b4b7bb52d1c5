#include "engine/proxy.hpp"

#include "engine/frames.hpp"

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
                release_frame(frames_[begin_]);
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

void Pump::schedule() noexcept
{
    if (scheduled_.exchange(true))
    {
        return;
    }
    try
    {
        loop_.post(
            [self = shared_from_this()]
            {
                self->run();
            });
    }
    catch (const std::bad_alloc&)
    {
        // The next event tries again.
        scheduled_.store(false);
    }
}

void Pump::run()
{
    scheduled_.store(false);
    take_grant();
    move();
    to_->permits().release(std::exchange(permit_, 0));
}

void Pump::take_grant() noexcept
{
    const Grant grant = grant_.exchange(Grant::none);
    if (grant != Grant::none)
    {
        permit_wait_.reset();
        permit_ = grant == Grant::given ? permit_wanted_ : 0;
    }
}

void Pump::move()
{
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
        source.prepaid = std::exchange(permit_, 0);
        error_code error;
        to_->send(source, no_wait, error);
        to_->permits().release(source.prepaid);
        if (error == errc::would_block)
        {
            if (source.wanted_permit == 0 || wait_for_permit(source.wanted_permit))
            {
                return;
            }
            if (to_->permits().too_large(source.wanted_permit))
            {
                to_->drop_refused(errc::too_large, 1);
                source.taken(1);
            }
        }
        else if (error == errc::terminated)
        {
            return;
        }
        else if (error == errc::no_memory)
        {
            // What is held stays; the loop's other work, which may free some, comes first.
            break;
        }
        else if (error)
        {
            // Nobody can ever take this message: a request for an identity that is gone, or one beyond the
            // whole budget.
            to_->drop_refused(error, 1);
            source.taken(1);
        }
    }
    schedule();
}

/// True when the budget will call back.
bool Pump::wait_for_permit(std::uint64_t bytes)
{
    permit_wait_ = shared_from_this();
    permit_wanted_ = bytes;
    if (to_->permits().wait(bytes, &Pump::on_granted, this, ticket_) != SF_OK)
    {
        permit_wait_.reset();
        return false;
    }
    return true;
}

/// The budget calls back on its own loop.
void Pump::on_granted(void* context, sf_status status) noexcept
{
    Pump& self = *static_cast<Pump*>(context);
    self.grant_.store(status == SF_OK ? Grant::given : Grant::refused);
    self.schedule();
}

void Pump::stop()
{
    stopped_ = true;
    if (permit_wait_ && to_->permits().cancel(ticket_) == SF_OK)
    {
        permit_wait_.reset();
    }
    HeldSource rest(held_, held_begin_);
    const std::size_t messages = rest.remaining();
    to_->drop_refused(errc::terminated, messages);
    rest.taken(messages);
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
