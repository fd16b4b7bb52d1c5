#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/testing/fake_loop.hpp>
#include <spaceframe/plugin/testing/fake_slabs.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace spaceframe::plugin::testing
{

// The services of a kernel without a kernel: a plug-in's tests hand `table()` to its functions and drive
// `loop()` themselves.
//
//     FakeHost host;
//     transport.dial(instance, host.loop(), "127.0.0.1:5555", dialed, &result, &dial);
//     host.run_until([&] { return result.done; });
//     …
//     host.drain();
//
// One thread drives it. What `abi.h` tags [any] may be called from any thread.
// Its destructor complains about every leak (slabs, watches, timers, callbacks that were never delivered)
// and every fault on standard error, and ends the process with `abort`, so that the test fails under any
// test framework. While an exception unwinds the stack it only complains.
class FakeHost
{
public:
    struct Error
    {
        sf_status status = SF_OK;
        std::int32_t os_error = 0;
        std::string text;
    };

    struct LogLine
    {
        std::int32_t level = SF_LOG_DEBUG;
        std::string text;
    };

    explicit FakeHost(Clock clock = Clock::real) : loop_(clock)
    {
        fill_table();
    }

    FakeHost(const FakeHost&) = delete;
    FakeHost& operator=(const FakeHost&) = delete;

    ~FakeHost()
    {
        const std::vector<std::string> wrong = faults();
        for (const std::string& fault : wrong)
        {
            std::fprintf(stderr, "FakeHost: %s\n", fault.c_str());
        }
        if (!wrong.empty() && std::uncaught_exceptions() == 0)
        {
            std::abort();
        }
    }

    const sf_host* table() const
    {
        return &table_;
    }

    sf_loop* loop()
    {
        return reinterpret_cast<sf_loop*>(&loop_);
    }

    // Runs one callback, waiting up to `limit` for it. False when there was none.
    bool run_one(std::chrono::nanoseconds limit = std::chrono::seconds(10))
    {
        return loop_.run_one(limit);
    }

    // Runs callbacks until `predicate()` holds, which is asked after each; false when it still does not after
    // `limit` (of real time).
    template <class Predicate>
    bool run_until(Predicate predicate, std::chrono::nanoseconds limit = std::chrono::seconds(10))
    {
        const auto end = std::chrono::steady_clock::now() + limit;
        while (!predicate())
        {
            const auto left = end - std::chrono::steady_clock::now();
            if (left <= std::chrono::nanoseconds::zero())
            {
                return false;
            }
            loop_.run_one(std::chrono::duration_cast<std::chrono::nanoseconds>(left));
        }
        return true;
    }

    // Runs what is ready, without waiting; how many callbacks that was. At the end of a test it delivers the
    // cancellations that closing left behind.
    std::size_t drain()
    {
        std::size_t count = 0;
        while (loop_.run_one(std::chrono::nanoseconds::zero()))
        {
            ++count;
        }
        return count;
    }

    // Lets time pass; with Clock::manual only.
    void advance(std::chrono::nanoseconds time)
    {
        loop_.advance(time);
    }

    // See FakeNames::define.
    void define_name(std::string node, std::vector<std::string> addresses)
    {
        loop_.names().define(std::move(node), std::move(addresses));
    }

    // Makes `acquire(role, name)` find `table`, which stays the caller's.
    void offer(std::uint32_t role, std::string name, const void* role_table)
    {
        offers_[{role, std::move(name)}] = role_table;
    }

    // Makes `query(capability)` find `service`, which stays the caller's.
    void provide(std::string capability, const void* service)
    {
        services_[std::move(capability)] = service;
    }

    // Refuses to have more than so many watches, or timers, at once: memory that runs out. (Slabs:
    // FakeSlabs::limit.)
    void limit_watches(std::size_t watches)
    {
        watch_limit_ = watches;
    }

    void limit_timers(std::size_t timers)
    {
        timer_limit_ = timers;
    }

    // The last set_error of the calling thread.
    Error last_error() const
    {
        const std::lock_guard lock(mutex_);
        const auto error = errors_.find(std::this_thread::get_id());
        return error == errors_.end() ? Error{} : error->second;
    }

    void clear_error()
    {
        const std::lock_guard lock(mutex_);
        errors_.erase(std::this_thread::get_id());
    }

    std::vector<LogLine> log_lines() const
    {
        const std::lock_guard lock(mutex_);
        return log_;
    }

    // The value of a counter; 0 when the plug-in has not made it.
    std::uint64_t counter(const std::string& name) const
    {
        const std::lock_guard lock(mutex_);
        const auto found = counters_.find(name);
        return found == counters_.end() ? 0 : __atomic_load_n(&found->second, __ATOMIC_RELAXED);
    }

    FakeSlabs& slabs()
    {
        return slabs_;
    }

    std::size_t open_watches() const
    {
        return loop_.open_watches();
    }

    // What is leaked, undelivered or wrong at this moment.
    std::vector<std::string> faults() const
    {
        std::vector<std::string> all = loop_.faults();
        for (std::string& fault : slabs_.faults())
        {
            all.push_back(std::move(fault));
        }
        return all;
    }

private:
    struct Table : sf_host
    {
        FakeHost* self;
    };

    static FakeHost& self(const sf_host* host)
    {
        return *static_cast<const Table*>(host)->self;
    }

    static FakeLoop& as_loop(sf_loop* loop)
    {
        return *reinterpret_cast<FakeLoop*>(loop);
    }

    static FakeLoop::Watch& as_watch(sf_watch* watch)
    {
        return *reinterpret_cast<FakeLoop::Watch*>(watch);
    }

    static FakeLoop::Timer& as_timer(sf_timer* timer)
    {
        return *reinterpret_cast<FakeLoop::Timer*>(timer);
    }

    void fill_table()
    {
        table_.self = this;
        table_.size = sizeof(sf_host);
        table_.abi_major = SF_ABI_MAJOR;
        table_.abi_minor = SF_ABI_MINOR;
        fill_reports();
        fill_waits();
        fill_resources();
    }

    void fill_reports()
    {
        table_.log = [](const sf_host* host, std::int32_t level, const char* text)
        {
            const std::lock_guard lock(self(host).mutex_);
            self(host).log_.push_back({level, text});
        };
        table_.set_error = [](const sf_host* host, sf_status status, std::int32_t os_error, const char* text)
        {
            const std::lock_guard lock(self(host).mutex_);
            self(host).errors_[std::this_thread::get_id()] = {status, os_error, text};
        };
        table_.now = [](const sf_host* host)
        {
            return self(host).loop_.now();
        };
    }

    void fill_waits()
    {
        table_.post = [](const sf_host*, sf_loop* loop, sf_callback callback, void* context)
        {
            as_loop(loop).post(callback, context, SF_OK);
        };
        table_.watch_open = [](const sf_host* host, sf_loop* loop, int fd, sf_watch** watch) -> sf_status
        {
            if (as_loop(loop).open_watches() >= self(host).watch_limit_)
            {
                return SF_NO_MEMORY;
            }
            *watch = reinterpret_cast<sf_watch*>(as_loop(loop).open_watch(fd));
            return SF_OK;
        };
        table_.watch_wait = [](const sf_host* host, sf_watch* watch, std::uint32_t direction,
                               sf_callback callback, void* context)
        {
            self(host).loop_.wait(as_watch(watch), direction, callback, context);
        };
        table_.watch_close = [](const sf_host* host, sf_watch* watch)
        {
            self(host).loop_.close_watch(as_watch(watch));
        };
        table_.timer_open = [](const sf_host* host, sf_loop* loop, sf_timer** timer) -> sf_status
        {
            if (as_loop(loop).open_timers() >= self(host).timer_limit_)
            {
                return SF_NO_MEMORY;
            }
            *timer = reinterpret_cast<sf_timer*>(as_loop(loop).open_timer());
            return SF_OK;
        };
        table_.timer_start =
            [](const sf_host* host, sf_timer* timer, std::uint64_t delay, sf_callback callback, void* context)
        {
            self(host).loop_.start_timer(as_timer(timer), delay, callback, context);
        };
        table_.timer_cancel = [](const sf_host* host, sf_timer* timer)
        {
            self(host).loop_.cancel_timer(as_timer(timer));
        };
        table_.timer_close = [](const sf_host* host, sf_timer* timer)
        {
            self(host).loop_.close_timer(as_timer(timer));
        };
        table_.resolve = [](const sf_host*, sf_loop* loop, const char* node, const char* service,
                            std::uint32_t flags, sf_resolved callback, void* context,
                            sf_lookup** lookup) -> sf_status
        {
            auto* const made = as_loop(loop).resolve({node, service, flags, callback, context, false});
            if (lookup)
            {
                *lookup = reinterpret_cast<sf_lookup*>(made);
            }
            return SF_OK;
        };
        table_.resolve_cancel = [](const sf_host* host, sf_lookup* lookup)
        {
            self(host).loop_.cancel_lookup(reinterpret_cast<FakeLoop::Lookup*>(lookup));
        };
    }

    void fill_resources()
    {
        table_.slab_allocate = [](const sf_host* host, std::size_t size, std::uint8_t** data)
        {
            return self(host).slabs_.allocate(size, data);
        };
        table_.retain = [](const sf_host* host, sf_owner* owner)
        {
            self(host).slabs_.retain(owner);
        };
        table_.release = [](const sf_host* host, sf_owner* owner)
        {
            self(host).slabs_.release(owner);
        };
        table_.counter = [](const sf_host* host, const char* name)
        {
            const std::lock_guard lock(self(host).mutex_);
            return &self(host).counters_[name];
        };
        table_.acquire = [](const sf_host* host, std::uint32_t role, const char* name) -> const void*
        {
            const auto offer = self(host).offers_.find({role, name});
            return offer == self(host).offers_.end() ? nullptr : offer->second;
        };
        table_.query = [](const sf_host* host, const char* capability) -> const void*
        {
            const auto service = self(host).services_.find(capability);
            return service == self(host).services_.end() ? nullptr : service->second;
        };
    }

    Table table_{};
    FakeLoop loop_;
    FakeSlabs slabs_;
    std::map<std::pair<std::uint32_t, std::string>, const void*> offers_;
    std::map<std::string, const void*> services_;
    std::size_t watch_limit_ = SIZE_MAX;
    std::size_t timer_limit_ = SIZE_MAX;
    mutable std::mutex mutex_; // guards what follows
    std::map<std::thread::id, Error> errors_;
    std::vector<LogLine> log_;
    std::map<std::string, std::uint64_t> counters_;
};

} // namespace spaceframe::plugin::testing
