#include "engine/driver.hpp"

#include <algorithm>

namespace spaceframe::engine
{
namespace
{

std::vector<std::unique_ptr<Loop>> make_loops(std::size_t count, std::chrono::nanoseconds spin)
{
    std::vector<std::unique_ptr<Loop>> loops;
    for (std::size_t i = 0; i < count; ++i)
    {
        loops.push_back(std::make_unique<Loop>(i, spin));
    }
    return loops;
}

} // namespace

Driver::Driver(unsigned threads, std::chrono::nanoseconds spin)
    : callers_drive_(threads == 0)
    , loops_(make_loops(std::max(threads, 1U), spin))
    , seat_(*loops_.front())
{}

void Driver::start()
{
    if (!callers_drive_)
    {
        for (const auto& loop : loops_)
        {
            loop->start_thread();
        }
    }
}

void Driver::stop()
{
    for (const auto& loop : loops_)
    {
        loop->finish();
    }
    ended_.store(true);
}

Loop& Driver::next_loop() noexcept
{
    return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
}

bool Driver::on_a_loop() const noexcept
{
    return std::any_of(loops_.begin(), loops_.end(),
                       [](const auto& loop)
                       {
                           return loop->running_here();
                       });
}

} // namespace spaceframe::engine
