#pragma once

#include "engine/signal.hpp"

#include <atomic>

namespace spaceframe::engine
{

/// Lets calls into the host through until it is shut. [any]
class HookGate
{
public:
    HookGate() = default;
    HookGate(const HookGate&) = delete;
    HookGate& operator=(const HookGate&) = delete;

    /// Calls `hook` unless the gate is shut.
    template <class Hook>
    void pass(Hook hook)
    {
        const Passage passage(*this);
        if (!shut_.load())
        {
            hook();
        }
    }

    /// No hook begins any more; waits for those that run, but for those that this thread is in.
    void shut() noexcept
    {
        shut_.store(true);
        int own = 0;
        for (const Passage* at = innermost; at != nullptr; at = at->outer)
        {
            own += &at->gate == this ? 1 : 0;
        }
        changed_.wait(
            [&]
            {
                return inside_.load() <= own;
            },
            Clock::time_point::max());
    }

private:
    struct Passage
    {
        explicit Passage(HookGate& through) noexcept : gate(through), outer(innermost)
        {
            gate.inside_.fetch_add(1);
            innermost = this;
        }
        Passage(const Passage&) = delete;
        Passage& operator=(const Passage&) = delete;
        ~Passage()
        {
            innermost = outer;
            gate.inside_.fetch_sub(1);
            gate.changed_.notify();
        }

        HookGate& gate;
        const Passage* outer;
    };

    static inline thread_local const Passage* innermost = nullptr;

    std::atomic<bool> shut_{false};
    std::atomic<int> inside_{0};
    Signal changed_;
};

} // namespace spaceframe::engine
