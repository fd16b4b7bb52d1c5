#pragma once

#include "memory/block.hpp"

#include <spaceframe/detail/context.hpp>

#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace spaceframe::engine
{

class Strand;

/// A function that a strand calls once: when what it waits for in the host's context has completed, or when
/// it was cancelled, whichever is first. Until then it keeps the kernel.
class Job : public detail::Task
{
public:
    /// `keeper` may be empty.
    Job(Strand& strand, std::shared_ptr<void> keeper) noexcept : strand_(strand), keeper_(std::move(keeper))
    {}
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual ~Job() = default;

    /// For one that waits long, and would keep a block from those that are posted.
    struct Lasting
    {};

    static void* operator new(std::size_t size)
    {
        return memory::take_block(size);
    }
    static void* operator new(std::size_t size, Lasting /*lasting*/)
    {
        return ::operator new(size);
    }
    static void operator delete(void* job, Lasting /*lasting*/) noexcept
    {
        ::operator delete(job);
    }
    static void operator delete(void* job, std::size_t size) noexcept
    {
        memory::give_block(job, size);
    }

    void complete(const error_code& error) noexcept final;
    void abandon() noexcept final;
    /// [any] Calls the function soon, with this error, unless it was called or is about to be.
    void cancel(const error_code& error) noexcept;
    /// True once: the caller sees to it that the function is called, or dropped.
    bool claim() noexcept
    {
        return !claimed_.exchange(true);
    }
    /// [strand, claimed]
    void perform() noexcept;
    /// [any, claimed] The function is never called.
    void drop() noexcept;
    /// A reference for the host's context, which gives it back when it completes or abandons the task.
    detail::Task& lend() noexcept
    {
        intrusive_ptr_add_ref(this);
        return *this;
    }

    friend void intrusive_ptr_add_ref(Job* job) noexcept
    {
        job->references_.fetch_add(1, std::memory_order_relaxed);
    }
    friend void intrusive_ptr_release(Job* job) noexcept
    {
        if (job->references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
        {
            delete job;
        }
    }

protected:
    /// May throw: the strand reports what escapes.
    virtual void call(const error_code& error) = 0;
    virtual void clear() noexcept = 0;

private:
    friend class Strand;

    Strand& strand_;
    std::shared_ptr<void> keeper_;
    std::atomic<int> references_{0};
    std::atomic<bool> claimed_{false};
    error_code error_;
    Job* next_ = nullptr; // in the strand's queue, which holds a reference
};

using JobPtr = boost::intrusive_ptr<Job>;

template <class Function>
class FunctionJob final : public Job
{
public:
    template <class From>
    FunctionJob(Strand& strand, std::shared_ptr<void> keeper, From&& function)
        : Job(strand, std::move(keeper))
        , function_(std::forward<From>(function))
    {}

private:
    void call(const error_code& error) override
    {
        (*function_)(error);
    }

    void clear() noexcept override
    {
        function_.reset();
    }

    std::optional<Function> function_;
};

} // namespace spaceframe::engine
