#pragma once

#include "engine/signal.hpp"

#include <algorithm>
#include <cstddef>
#include <deque>

namespace spaceframe::engine
{

/// Until when the messages of a queue may wait, in the queue's order. Those that came at once share a record.
/// Messages that it was not told of stand behind all others, or before those that it is told of next; they
/// wait for ever. Not thread-safe.
class Deadlines
{
public:
    static constexpr Clock::time_point never = Clock::time_point::max();

    /// So many messages, which may wait until `end`, come to the end of the queue, behind `before` others.
    /// Throws std::bad_alloc; nothing that counts was done then.
    void push(std::size_t before, std::size_t messages, Clock::time_point end)
    {
        if (messages == 0)
        {
            return;
        }
        if (before > known_)
        {
            runs_.push_back({before - known_, never});
            known_ = before;
        }
        runs_.push_back({messages, end});
        known_ += messages;
    }

    /// The first message has left.
    void pop() noexcept
    {
        if (runs_.empty())
        {
            return;
        }
        --known_;
        if (--runs_.front().messages == 0)
        {
            runs_.pop_front();
        }
    }

    void clear() noexcept
    {
        runs_.clear();
        known_ = 0;
    }

    /// Messages that it was told of, and those before them.
    std::size_t known() const noexcept
    {
        return known_;
    }

    /// The earliest end; `never` when there is none.
    Clock::time_point next() const noexcept
    {
        Clock::time_point earliest = never;
        for (const Run& run : runs_)
        {
            earliest = std::min(earliest, run.end);
        }
        return earliest;
    }

    /// Tells of all messages that it knows, in order: `visit(messages, over)`, whether they may not wait any
    /// more, and forgets those. `visit` does not throw.
    template <class Visit>
    void sweep(Clock::time_point now, Visit visit) noexcept
    {
        for (const Run& run : runs_)
        {
            const bool over = run.end <= now;
            visit(run.messages, over);
            known_ -= over ? run.messages : 0;
        }
        std::erase_if(runs_,
                      [now](const Run& run)
                      {
                          return run.end <= now;
                      });
    }

private:
    struct Run
    {
        std::size_t messages;
        Clock::time_point end;
    };

    std::deque<Run> runs_;
    std::size_t known_ = 0; // messages in them
};

} // namespace spaceframe::engine
