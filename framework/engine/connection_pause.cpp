#include "engine/connection.hpp"

#include <algorithm>
#include <utility>

// While a mark for receiving keeps a connection from being read.
namespace spaceframe::engine
{
namespace
{

// How often a peer that is not read from is looked at.
constexpr std::chrono::milliseconds shortest_interval{10};
constexpr std::chrono::milliseconds longest_interval{1000};

} // namespace

void Connection::post_resume()
{
    loop_.post(
        [self = shared_from_this()]
        {
            self->attempt(
                [&]
                {
                    self->resume();
                });
        });
}

void Connection::resume()
{
    if (closing_ || !std::exchange(reading_paused_, false))
    {
        return;
    }
    if (hang_up_timer_)
    {
        hang_up_timer_->cancel();
    }
    const bool asked = read();
    if (asked && !closing_ && std::exchange(tick_due_, false))
    {
        tick();
    }
}

/// Nobody reads from the peer, and so nobody would learn that it has gone.
void Connection::note_pause() noexcept
{
    hang_up_interval_ = shortest_interval;
    watch_for_hang_up();
}

void Connection::watch_for_hang_up() noexcept
{
    try
    {
        if (!hang_up_timer_)
        {
            hang_up_timer_.emplace(loop_);
        }
        hang_up_timer_->start(Clock::now() + hang_up_interval_,
                              [weak = weak_from_this()](const error_code& error)
                              {
                                  const auto self = weak.lock();
                                  if (!error && self && !self->closing_ && self->reading_paused_)
                                  {
                                      self->attempt(
                                          [&]
                                          {
                                              self->check_for_hang_up();
                                          });
                                  }
                              });
    }
    catch (...)
    {
        // Whoever reads on learns of it.
        return;
    }
}

/// A peer that has gone and left nothing to be read is lost. What another has left stays in its connection
/// until there is room.
void Connection::check_for_hang_up()
{
    const std::string unread = property("hung-up");
    if (unread.empty())
    {
        hang_up_interval_ = std::min(2 * hang_up_interval_, longest_interval);
        watch_for_hang_up();
    }
    else if (unread == "0" && rest_size_ == 0)
    {
        fail(SF_CLOSED);
    }
    else
    {
        socket_->note_hang_up(*this);
    }
}

} // namespace spaceframe::engine
