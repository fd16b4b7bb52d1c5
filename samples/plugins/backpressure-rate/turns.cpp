#include "turns.hpp"

#include <algorithm>
#include <utility>

namespace rate
{

Turns::Turns(sdk::Host host, sf_loop* loop, std::uint64_t rate, std::uint64_t burst) noexcept
    : host_(host)
    , loop_(loop)
    , bucket_(rate, burst, host.now())
{}

bool Turns::take(std::uint64_t bytes) noexcept
{
    const std::lock_guard lock(mutex_);
    if (!queue_.empty() || !bucket_.take(bytes, host_.now()))
    {
        return false;
    }
    used_ += bytes;
    return true;
}

sf_ticket Turns::join(std::uint64_t bytes, sdk::Callback granted)
{
    sf_ticket ticket = 0;
    bool post = false;
    {
        const std::lock_guard lock(mutex_);
        queue_.push_back({last_ticket_ + 1, bytes, granted});
        ticket = ++last_ticket_;
        ++waited_;
        post = must_post_locked();
    }
    if (post)
    {
        host_.post(loop_, sdk::callback<&Turns::on_post>(this));
    }
    return ticket;
}

bool Turns::leave(sf_ticket ticket) noexcept
{
    bool post = false;
    {
        const std::lock_guard lock(mutex_);
        const auto turn = std::ranges::find(queue_, ticket, &Turn::ticket);
        if (turn == queue_.end())
        {
            return false;
        }
        // A smaller one behind it may be served now; and a timer that nobody needs would keep the loop.
        const bool first = turn == queue_.begin();
        queue_.erase(turn);
        post = first && timed_ && must_post_locked();
    }
    if (post)
    {
        host_.post(loop_, sdk::callback<&Turns::on_post>(this));
    }
    return true;
}

void Turns::give_back(std::uint64_t bytes) noexcept
{
    const std::lock_guard lock(mutex_);
    used_ -= bytes;
}

sf_budget_state Turns::state() const noexcept
{
    const std::lock_guard lock(mutex_);
    return {.limit = UINT64_MAX, .used = used_, .waiting = queue_.size(), .waited = waited_};
}

bool Turns::must_post_locked() noexcept
{
    if (posted_)
    {
        return false;
    }
    posted_ = true;
    expect_locked();
    return true;
}

void Turns::expect_locked() noexcept
{
    if (++outstanding_ == 1)
    {
        self_ = shared_from_this();
    }
}

void Turns::returned() noexcept
{
    std::shared_ptr<Turns> ended;
    const std::lock_guard lock(mutex_);
    if (--outstanding_ == 0)
    {
        ended = std::exchange(self_, nullptr);
    }
}

void Turns::on_post(sdk::Status) noexcept
{
    {
        const std::lock_guard lock(mutex_);
        posted_ = false;
    }
    serve();
    returned();
}

void Turns::on_timer(sdk::Status status) noexcept
{
    if (status == SF_OK)
    {
        serve();
    }
    returned();
}

void Turns::serve() noexcept
{
    std::list<Turn> granted;
    std::uint64_t delay = 0;
    {
        const std::lock_guard lock(mutex_);
        const sf_time now = host_.now();
        while (!queue_.empty() && bucket_.take(queue_.front().bytes, now))
        {
            used_ += queue_.front().bytes;
            granted.splice(granted.end(), queue_, queue_.begin());
        }
        timed_ = !queue_.empty();
        if (timed_)
        {
            delay = bucket_.delay_until(queue_.front().bytes, now);
            expect_locked();
        }
    }
    delay != 0 ? set_timer(delay) : timer_.close();
    for (const Turn& turn : granted)
    {
        turn.granted(SF_OK);
    }
}

void Turns::set_timer(std::uint64_t delay) noexcept
{
    try
    {
        if (!timer_)
        {
            timer_ = sdk::Timer(host_, loop_);
        }
        timer_.start(delay, sdk::callback<&Turns::on_timer>(this));
    }
    catch (const sdk::Error& error)
    {
        // Without memory for a timer the loop is asked again at once: it is busy, but nobody waits for ever.
        if (!std::exchange(warned_, true))
        {
            host_.log(SF_LOG_WARNING, error.what());
        }
        host_.post(loop_, sdk::callback<&Turns::on_timer>(this));
    }
}

} // namespace rate
