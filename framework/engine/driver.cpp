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

std::vector<std::unique_ptr<Loop>> make_loops(const std::vector<std::shared_ptr<detail::Context>>& contexts)
{
    std::vector<std::unique_ptr<Loop>> loops;
    for (const auto& context : contexts)
    {
        loops.push_back(std::make_unique<Loop>(loops.size(), context));
    }
    return loops;
}

} // namespace

Driver::Driver(std::vector<std::unique_ptr<Loop>> loops, bool callers_drive)
    : callers_drive_(callers_drive)
    , loops_(std::move(loops))
    , first_loop_(*loops_.front())
    , seat_(first_loop_)
{}

Driver::Driver(unsigned threads, std::chrono::nanoseconds spin)
    : Driver(make_loops(std::max(threads, 1U), spin), threads == 0)
{}

Driver::Driver(const std::vector<std::shared_ptr<detail::Context>>& contexts)
    : Driver(make_loops(contexts), false)
{}

void Driver::set_owner(const std::weak_ptr<void>& owner) noexcept
{
    for (const auto& loop : loops_)
    {
        loop->strand()->set_owner(owner);
    }
}

void Driver::report_to(Reporter& reporter) noexcept
{
    for (const auto& loop : loops_)
    {
        loop->report_to(reporter);
    }
}

void Driver::start()
{
    if (!callers_drive_ && !hosted())
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
        if (hosted())
        {
            loop->strand()->quit();
        }
        else if (callers_drive_)
        {
            seat_.finish();
        }
        else
        {
            loop->finish();
        }
    }
    ended_.store(!hosted());
    if (callers_drive_)
    {
        seat_.notify();
    }
}

void Driver::end(std::size_t loop) noexcept
{
    loops_[loop]->strand()->end();
    ended_.store(std::all_of(loops_.begin(), loops_.end(),
                             [](const auto& each)
                             {
                                 return each->strand()->ended();
                             }));
}

Loop& Driver::next_loop() noexcept
{
    return *loops_[turn_.fetch_add(1, std::memory_order_relaxed) % loops_.size()];
}

Loop& Driver::near_loop() noexcept
{
    const auto here = std::find_if(loops_.begin(), loops_.end(),
                                   [](const auto& loop)
                                   {
                                       return loop->running_here();
                                   });
    return here == loops_.end() ? next_loop() : **here;
}

bool Driver::on_a_loop() const noexcept
{
    return std::any_of(loops_.begin(), loops_.end(),
                       [](const auto& loop)
                       {
                           return loop->driven_here();
                       });
}

bool Driver::in_a_handler() const noexcept
{
    return std::any_of(loops_.begin(), loops_.end(),
                       [](const auto& loop)
                       {
                           return loop->running_here();
                       });
}

} // namespace spaceframe::engine
