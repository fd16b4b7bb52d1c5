#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/fake_names.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace spaceframe::plugin::testing
{

enum class Clock
{
    real,  // time passes by itself
    manual // time stands still until FakeLoop::advance
};

// The event loop of a FakeHost: watches, timers, posts and lookups on `poll`, driven by the test's own
// thread.
//
// It keeps the promises of `abi.h` to the letter, so that a plug-in that works here works in a kernel:
// nothing calls back from inside the call that registered it, a closed watch or timer completes what is
// outstanding with SF_CANCELLED, exactly once. What a plug-in does wrong is collected in `faults`. `post`
// may be called from any thread; everything else stays on one.
class FakeLoop
{
public:
    struct Wait
    {
        sf_callback callback = nullptr;
        void* context = nullptr;
    };

    struct Watch
    {
        int fd;
        Wait readable;
        Wait writable;
    };

    struct Timer
    {
        sf_time due = SF_NEVER;
        Wait wait;
    };

    struct Lookup
    {
        std::string node;
        std::string service;
        std::uint32_t flags;
        sf_resolved callback;
        void* context;
        bool cancelled;
    };

    explicit FakeLoop(Clock clock) : clock_(clock), wake_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC))
    {}

    FakeLoop(const FakeLoop&) = delete;
    FakeLoop& operator=(const FakeLoop&) = delete;

    ~FakeLoop()
    {
        ::close(wake_);
    }

    sf_time now() const
    {
        if (clock_ == Clock::manual)
        {
            return manual_now_;
        }
        const auto since = std::chrono::steady_clock::now().time_since_epoch();
        return static_cast<sf_time>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
    }

    // Lets time pass on a manual clock; what comes due is called back by the next runs.
    void advance(std::chrono::nanoseconds time)
    {
        manual_now_ += static_cast<sf_time>(time.count());
    }

    void post(sf_callback callback, void* context, sf_status status)
    {
        {
            const std::lock_guard lock(mutex_);
            posted_.push_back({{callback, context}, status});
        }
        const std::uint64_t one = 1;
        [[maybe_unused]] const auto written = ::write(wake_, &one, sizeof one);
    }

    Watch* open_watch(int fd)
    {
        watches_.push_back(std::make_unique<Watch>(Watch{fd, {}, {}}));
        return watches_.back().get();
    }

    void wait(Watch& watch, std::uint32_t direction, sf_callback callback, void* context)
    {
        Wait& slot = direction == SF_WRITABLE ? watch.writable : watch.readable;
        if (slot.callback)
        {
            fault("a second wait for the same direction of descriptor " + std::to_string(watch.fd));
        }
        slot = {callback, context};
    }

    void close_watch(Watch& watch)
    {
        cancel(watch.readable);
        cancel(watch.writable);
        erase(watches_, watch);
    }

    Timer* open_timer()
    {
        timers_.push_back(std::make_unique<Timer>());
        return timers_.back().get();
    }

    void start_timer(Timer& timer, std::uint64_t delay, sf_callback callback, void* context)
    {
        cancel_timer(timer);
        const sf_time from = now();
        timer.due = delay >= SF_NEVER - from ? SF_NEVER : from + delay;
        timer.wait = {callback, context};
    }

    void cancel_timer(Timer& timer)
    {
        cancel(timer.wait);
        timer.due = SF_NEVER;
    }

    void close_timer(Timer& timer)
    {
        cancel_timer(timer);
        erase(timers_, timer);
    }

    Lookup* resolve(Lookup lookup)
    {
        lookups_.push_back(std::make_unique<Lookup>(std::move(lookup)));
        return lookups_.back().get();
    }

    // Without effect on a lookup that has called back.
    void cancel_lookup(const Lookup* lookup)
    {
        for (const auto& open : lookups_)
        {
            open->cancelled = open->cancelled || open.get() == lookup;
        }
    }

    FakeNames& names()
    {
        return names_;
    }

    // Runs one callback, waiting up to `limit` of real time for one to become ready. False when none did.
    bool run_one(std::chrono::nanoseconds limit)
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        for (;;)
        {
            if (run_ready())
            {
                return true;
            }
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= std::chrono::nanoseconds::zero())
            {
                return false;
            }
            block(std::chrono::duration_cast<std::chrono::nanoseconds>(left));
        }
    }

    std::size_t open_watches() const
    {
        return watches_.size();
    }

    std::size_t open_timers() const
    {
        return timers_.size();
    }

    // What is still open or undelivered, and what was done wrong; a sentence each.
    std::vector<std::string> faults() const
    {
        std::vector<std::string> all = faults_;
        count(all, watches_.size(), "watches were not closed");
        count(all, timers_.size(), "timers were not closed");
        count(all, lookups_.size(), "lookups have not called back: drain() delivers them");
        const std::lock_guard lock(mutex_);
        count(all, posted_.size(), "callbacks were not delivered: drain() delivers them");
        return all;
    }

private:
    struct Posted
    {
        Wait wait;
        sf_status status;
    };

    static void count(std::vector<std::string>& all, std::size_t number, const char* what)
    {
        if (number != 0)
        {
            all.push_back(std::to_string(number) + " " + what);
        }
    }

    template <class T>
    static void erase(std::vector<std::unique_ptr<T>>& all, T& one)
    {
        std::erase_if(all,
                      [&](const std::unique_ptr<T>& other)
                      {
                          return other.get() == &one;
                      });
    }

    void fault(std::string text)
    {
        faults_.push_back(std::move(text));
    }

    void cancel(Wait& slot)
    {
        const Wait wait = std::exchange(slot, {});
        if (wait.callback)
        {
            post(wait.callback, wait.context, SF_CANCELLED);
        }
    }

    // Takes the sources in turn, so that none starves another.
    bool run_ready()
    {
        for (int tried = 0; tried != 4; ++tried)
        {
            turn_ = (turn_ + 1) % 4;
            const bool ran = turn_ == 0   ? run_posted()
                             : turn_ == 1 ? run_timer()
                             : turn_ == 2 ? run_lookup()
                                          : run_watch();
            if (ran)
            {
                return true;
            }
        }
        return false;
    }

    bool run_posted()
    {
        Posted next{};
        {
            const std::lock_guard lock(mutex_);
            if (posted_.empty())
            {
                return false;
            }
            next = posted_.front();
            posted_.pop_front();
        }
        next.wait.callback(next.wait.context, next.status);
        return true;
    }

    bool run_timer()
    {
        const auto first = earliest_timer();
        if (!first || first->due == SF_NEVER || first->due > now())
        {
            return false;
        }
        const Wait wait = std::exchange(first->wait, {});
        first->due = SF_NEVER;
        wait.callback(wait.context, SF_OK);
        return true;
    }

    Timer* earliest_timer() const
    {
        const auto first = std::min_element(timers_.begin(), timers_.end(),
                                            [](const auto& left, const auto& right)
                                            {
                                                return left->due < right->due;
                                            });
        return first == timers_.end() ? nullptr : first->get();
    }

    bool run_watch()
    {
        std::vector<pollfd> entries = watched();
        if (::poll(entries.data(), entries.size(), 0) <= 0)
        {
            return false;
        }
        for (std::size_t i = 0; i != watches_.size(); ++i)
        {
            const std::size_t index = (first_watch_ + i) % watches_.size();
            Watch& watch = *watches_[index];
            const int events = entries[index + 1].revents;
            const bool broken = (events & (POLLERR | POLLHUP | POLLNVAL)) != 0;
            if ((events & POLLNVAL) != 0)
            {
                fault("descriptor " + std::to_string(watch.fd) + " was closed before its watch");
            }
            for (const auto& [mask, slot] : {std::pair{POLLIN, &watch.readable}, {POLLOUT, &watch.writable}})
            {
                if (slot->callback && (broken || (events & mask) != 0))
                {
                    first_watch_ = index + 1;
                    const Wait wait = std::exchange(*slot, {});
                    wait.callback(wait.context, SF_OK);
                    return true;
                }
            }
        }
        return false;
    }

    // The wake-up descriptor first, then one entry for each watch; those that nobody waits for are masked
    // out.
    std::vector<pollfd> watched() const
    {
        std::vector<pollfd> entries{{wake_, POLLIN, 0}};
        for (const auto& watch : watches_)
        {
            const int events =
                (watch->readable.callback ? POLLIN : 0) | (watch->writable.callback ? POLLOUT : 0);
            entries.push_back({events != 0 ? watch->fd : -1, static_cast<short>(events), 0});
        }
        return entries;
    }

    void block(std::chrono::nanoseconds limit)
    {
        const Timer* const timer = earliest_timer();
        if (clock_ == Clock::real && timer && timer->due != SF_NEVER)
        {
            const sf_time time = now();
            const sf_time left = timer->due > time ? timer->due - time : 0;
            limit = std::min(limit, std::chrono::nanoseconds(static_cast<std::int64_t>(left)));
        }
        const auto milliseconds = std::chrono::ceil<std::chrono::milliseconds>(limit).count();
        std::vector<pollfd> entries = watched();
        ::poll(entries.data(), entries.size(), static_cast<int>(std::min<std::int64_t>(milliseconds, 60000)));
        std::uint64_t wakes = 0;
        [[maybe_unused]] const auto read = ::read(wake_, &wakes, sizeof wakes);
    }

    bool run_lookup()
    {
        if (lookups_.empty())
        {
            return false;
        }
        const std::unique_ptr<Lookup> lookup = std::move(lookups_.front());
        lookups_.erase(lookups_.begin());
        std::vector<sf_address> addresses;
        const sf_status status = lookup->cancelled
                                     ? SF_CANCELLED
                                     : names_.answer(lookup->node, lookup->service, lookup->flags, addresses);
        lookup->callback(lookup->context, status, addresses.data(), addresses.size());
        return true;
    }

    Clock clock_;
    int wake_;
    sf_time manual_now_ = 1'000'000'000;
    unsigned turn_ = 0;
    std::size_t first_watch_ = 0;
    std::vector<std::unique_ptr<Watch>> watches_;
    std::vector<std::unique_ptr<Timer>> timers_;
    std::vector<std::unique_ptr<Lookup>> lookups_;
    FakeNames names_;
    std::vector<std::string> faults_;
    mutable std::mutex mutex_; // guards posted_
    std::deque<Posted> posted_;
};

} // namespace spaceframe::plugin::testing
