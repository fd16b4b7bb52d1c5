#pragma once

#include "engine/signal.hpp"
#include "engine/spin.hpp"
#include "engine/strand.hpp"
#include "memory/block.hpp"
#include "memory/slab.hpp"

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

/// A loop as plug-ins see it.
struct sf_loop
{};

namespace spaceframe::engine
{

class Reporter;

/// An event loop and the read slab that its connections share. Driven by a thread of its own, by whoever sits
/// in the driver's seat, or by a host that runs the context on which the loop lives.
class Loop : public sf_loop
{
public:
    /// Polls for `spin` before it sleeps, as long as that pays.
    Loop(std::size_t index, std::chrono::nanoseconds spin);
    /// On a host's context.
    Loop(std::size_t index, std::shared_ptr<detail::Context> context);
    Loop(const Loop&) = delete;
    Loop& operator=(const Loop&) = delete;
    ~Loop();

    static Loop& from(sf_loop* loop) noexcept
    {
        return *static_cast<Loop*>(loop);
    }

    std::size_t index() const noexcept
    {
        return index_;
    }

    /// Its own context, which stays empty where there is a strand.
    boost::asio::io_context& context() noexcept
    {
        return context_;
    }

    /// On a host's context: what keeps the loop's work in order there. Else nothing.
    Strand* strand() noexcept
    {
        return strand_.get();
    }

    /// Before it runs: hears of what handlers throw.
    void report_to(Reporter& reporter) noexcept;

    /// [any] Calls `function` later, on the loop.
    template <class Function>
    void post(Function&& function)
    {
        if (strand_)
        {
            strand_->post(std::forward<Function>(function));
            return;
        }
        post_here(std::forward<Function>(function));
    }

    /// [any] The same, but not dropped when a host's context has ended (Strand::post_always).
    template <class Function>
    void post_always(Function&& function)
    {
        if (strand_)
        {
            strand_->post_always(std::forward<Function>(function));
            return;
        }
        post_here(std::forward<Function>(function));
    }

    /// [any] True on the thread that runs a handler of this loop now.
    bool running_here() const noexcept;
    /// [any] True where nobody may wait for this loop: it goes on only when this thread does.
    bool driven_here() const noexcept
    {
        return running_here() || (strand_ && strand_->driven_here());
    }

    /// Starts a thread that drives the loop until stop().
    void start_thread();
    /// [any] True since start_thread().
    bool has_thread() const noexcept
    {
        return has_thread_.load();
    }
    /// The loop ends when nothing is outstanding on it any more. Once.
    void let_end() noexcept;
    /// [any] It has ended: no handler runs any more.
    bool over() const noexcept
    {
        return context_.stopped();
    }
    /// Ends the loop when nothing is outstanding on it any more, and the thread with it. Without a thread it
    /// drives, which nobody else may do meanwhile: where callers drive that is Seat::finish().
    void finish();

    /// [loop] Runs what is ready, without waiting. Returns the number of handlers.
    std::size_t poll() noexcept;
    /// [loop] Waits for one handler until `deadline` and runs it. Returns 0 at the deadline, or when the loop
    /// ended. What a handler throws is reported, and ends neither the loop nor the process.
    std::size_t run_one(Clock::time_point deadline) noexcept;

    /// [loop] The slab into which connections read in turn, and its first free byte.
    memory::SlabRef read_slab;
    std::size_t read_offset = 0;

private:
    template <class Function>
    void post_here(Function&& function)
    {
        boost::asio::post(context_, boost::asio::bind_allocator(memory::BlockAllocator<void>(),
                                                                std::forward<Function>(function)));
    }

    std::size_t wait_one(Clock::time_point deadline);
    void report_escape() noexcept;

    std::size_t index_;
    Reporter* reporter_ = nullptr;
    std::atomic<std::thread::id> reporting_; // the thread whose exception the host hears of now
    Spin spin_;
    std::unique_ptr<Strand> strand_;
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    std::thread thread_;
    std::atomic<bool> has_thread_{false};
};

/// The driver's seat of a loop without a thread: one thread at a time drives, the others who wait inherit the
/// seat.
class Seat
{
public:
    explicit Seat(Loop& loop) noexcept : loop_(loop)
    {}

    /// [any] Waits until `ready()` or `deadline`, driving the loop whenever the seat is free. Returns what
    /// `ready()` said last.
    template <class Ready>
    bool wait(Ready ready, Clock::time_point deadline)
    {
        while (!ready())
        {
            if (take())
            {
                const Occupation occupation(*this);
                while (!ready())
                {
                    if (loop_.run_one(deadline) > 0)
                    {
                        continue;
                    }
                    if (Clock::now() >= deadline)
                    {
                        loop_.poll();
                        return ready();
                    }
                    if (loop_.over())
                    {
                        over_.store(true);
                        break;
                    }
                }
                if (!over_.load())
                {
                    return true;
                }
            }
            changed_.wait(
                [&]
                {
                    return ready() || is_free();
                },
                deadline);
            if (deadline != Clock::time_point::max() && Clock::now() >= deadline)
            {
                return ready();
            }
        }
        return true;
    }

    /// [any] Runs what is ready, if the seat is free.
    void poll();

    /// [any, once, but not on the loop] Ends the loop when nothing is outstanding on it any more, and waits
    /// for that. Whoever sits in the seat then goes on driving as long as he waits: handlers run one at a
    /// time to the last.
    void finish();

    /// [any] Something changed that a waiting thread may wait for.
    void notify() noexcept;

private:
    class Occupation
    {
    public:
        explicit Occupation(Seat& seat) noexcept : seat_(seat)
        {}
        Occupation(const Occupation&) = delete;
        Occupation& operator=(const Occupation&) = delete;
        ~Occupation()
        {
            seat_.taken_.store(false);
            seat_.changed_.notify();
        }

    private:
        Seat& seat_;
    };

    bool is_free() const noexcept
    {
        return !taken_.load() && !over_.load();
    }

    bool take() noexcept
    {
        return !over_.load() && !taken_.exchange(true);
    }

    Loop& loop_;
    std::atomic<bool> taken_{false};
    std::atomic<bool> over_{false}; // the loop has ended: there is nothing to drive
    Signal changed_;
};

} // namespace spaceframe::engine
