#pragma once

#include "engine/loop_timer.hpp"
#include "engine/signal.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <optional>

namespace spaceframe::engine
{

/// Rings on a loop at the earliest moment that it was set to. [any]
class Alarm : public std::enable_shared_from_this<Alarm>
{
public:
    /// `ring` is called on `loop`, under no lock.
    Alarm(Loop& loop, std::function<void()> ring);
    Alarm(const Alarm&) = delete;
    Alarm& operator=(const Alarm&) = delete;

    /// Rings at `when`, unless it rings before that anyway. Throws std::bad_alloc.
    void set(Clock::time_point when);
    /// Does not ring any more, and leaves no timer behind when what was posted to the loop has run.
    void silence();

private:
    void start();

    Loop& loop_;
    std::function<void()> ring_;
    std::mutex mutex_;
    Clock::time_point next_ = Clock::time_point::max();
    bool silent_ = false;
    std::optional<LoopTimer> timer_; // the loop's
};

} // namespace spaceframe::engine
