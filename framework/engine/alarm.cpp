#include "engine/alarm.hpp"

#include <utility>

namespace spaceframe::engine
{

Alarm::Alarm(Loop& loop, std::function<void()> ring) : loop_(loop), ring_(std::move(ring))
{}

void Alarm::set(Clock::time_point when)
{
    const std::lock_guard guard(mutex_);
    if (silent_ || when >= next_)
    {
        return;
    }
    loop_.post(
        [self = shared_from_this()]
        {
            self->start();
        });
    next_ = when;
}

void Alarm::silence()
{
    const std::lock_guard guard(mutex_);
    if (!std::exchange(silent_, true))
    {
        loop_.post(
            [self = shared_from_this()]
            {
                self->timer_.reset();
            });
    }
}

void Alarm::start()
{
    Clock::time_point when;
    {
        const std::lock_guard guard(mutex_);
        if (silent_)
        {
            return;
        }
        when = next_;
    }
    if (!timer_)
    {
        timer_.emplace(loop_);
    }
    timer_->start(when,
                  [self = shared_from_this()](const boost::system::error_code& error)
                  {
                      if (error)
                      {
                          return;
                      }
                      {
                          const std::lock_guard guard(self->mutex_);
                          self->next_ = Clock::time_point::max();
                      }
                      self->ring_();
                  });
}

} // namespace spaceframe::engine
