#include "engine/strand.hpp"

#include "engine/reporter.hpp"

#include <boost/asio/error.hpp>

#include <climits>
#include <new>
#include <optional>

namespace spaceframe::engine
{
namespace
{

// The host has other work between two turns.
constexpr int jobs_in_a_turn = 128;

/// The strands whose jobs this thread runs, the innermost first.
struct Running
{
    const Strand* strand;
    const Running* outer;
};

thread_local const Running* running = nullptr;

} // namespace

// ---------------------------------------------------------------------- Job

void Job::complete(const error_code& error) noexcept
{
    const JobPtr self(this, false);
    if (claim())
    {
        error_ = error;
        strand_.arrive(self);
    }
}

void Job::abandon() noexcept
{
    const JobPtr self(this, false);
    if (claim())
    {
        error_ = boost::asio::error::operation_aborted;
        strand_.give_up(self);
    }
}

void Job::cancel(const error_code& error) noexcept
{
    if (claim())
    {
        error_ = error;
        strand_.enqueue(JobPtr(this));
    }
}

void Job::perform() noexcept
{
    try
    {
        call(error_);
    }
    catch (...)
    {
        strand_.report_escape();
    }
    drop();
}

void Job::drop() noexcept
{
    // The kernel, and the strand with it, may go with its last job.
    const auto keeper = std::move(keeper_);
    clear();
}

// ---------------------------------------------------------------------- Strand

/// A thread's turn to run jobs.
class Strand::Turn
{
public:
    explicit Turn(const Strand& strand) noexcept : here_{&strand, running}
    {
        running = &here_;
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn()
    {
        running = here_.outer;
    }

private:
    Running here_;
};

/// A thread that waits for a strand inside a job of another one. Such waits must not form a circle.
class Strand::NestedWait
{
public:
    explicit NestedWait(const Strand& wanted) : wanted_(wanted)
    {
        const std::lock_guard guard(mutex);
        closes_circle_ = leads_here();
        next_ = std::exchange(all, this);
    }
    NestedWait(const NestedWait&) = delete;
    NestedWait& operator=(const NestedWait&) = delete;
    ~NestedWait()
    {
        const std::lock_guard guard(mutex);
        NestedWait** at = &all;
        while (*at != this)
        {
            at = &(*at)->next_;
        }
        *at = next_;
    }

    bool closes_circle() const noexcept
    {
        return closes_circle_;
    }

private:
    bool leads_here() const noexcept
    {
        for (const Strand* strand = &wanted_; strand != nullptr;)
        {
            const std::thread::id runner = strand->runner_.load();
            if (runner == thread_)
            {
                return true;
            }
            strand = nullptr;
            for (const NestedWait* wait = all; wait != nullptr; wait = wait->next_)
            {
                strand = wait->thread_ == runner && !wait->closes_circle_ ? &wait->wanted_ : strand;
            }
        }
        return false;
    }

    static inline std::mutex mutex;
    static inline NestedWait* all = nullptr;

    const Strand& wanted_;
    const std::thread::id thread_ = std::this_thread::get_id();
    NestedWait* next_ = nullptr;
    bool closes_circle_ = false;
};

Strand::~Strand()
{
    while (const JobPtr job = pop())
    {
        job->drop();
    }
}

void Strand::report_escape() noexcept
{
    if (reporter_ != nullptr)
    {
        reporter_->report_escape(loop_);
    }
}

bool Strand::running_here() const noexcept
{
    for (const Running* at = running; at != nullptr; at = at->outer)
    {
        if (at->strand == this)
        {
            return true;
        }
    }
    return false;
}

void Strand::push(JobPtr job) noexcept
{
    Job* const raw = job.detach();
    raw->next_ = nullptr;
    (last_ == nullptr ? first_ : last_->next_) = raw;
    last_ = raw;
}

JobPtr Strand::pop() noexcept
{
    Job* const job = first_;
    if (job != nullptr)
    {
        first_ = job->next_;
        last_ = first_ == nullptr ? nullptr : last_;
    }
    return {job, false};
}

/// Under the lock: the context runs the queue, if nobody else does. Throws std::bad_alloc.
void Strand::wake()
{
    if (busy_ || ended_ || first_ == nullptr || wake_up_)
    {
        return;
    }
    JobPtr job = make_job([](const error_code& /*error*/) {});
    wake_up_ = job;
    try
    {
        context_->post(job->lend());
    }
    catch (...)
    {
        wake_up_.reset();
        throw;
    }
}

void Strand::wake_later() noexcept
{
    try
    {
        wake();
    }
    catch (...)
    {
        // Without memory the queue waits for the next completion, or for the next call.
        return;
    }
}

/// Under the lock, before the end. Throws std::bad_alloc, and then nothing was done.
void Strand::push_and_wake(JobPtr job)
{
    static_cast<void>(job->claim());
    // First what may fail.
    const bool must_wake = !busy_ && !wake_up_;
    JobPtr wake_up = must_wake ? make_job([](const error_code& /*error*/) {}) : nullptr;
    if (must_wake)
    {
        context_->post(wake_up->lend());
        wake_up_ = std::move(wake_up);
    }
    push(std::move(job));
}

void Strand::post(JobPtr job)
{
    {
        const std::lock_guard guard(mutex_);
        if (!ended_)
        {
            push_and_wake(std::move(job));
            return;
        }
    }
    static_cast<void>(job->claim());
    job->drop();
}

void Strand::post_always(JobPtr job)
{
    const auto keeper = owner_.lock();
    std::unique_lock lock(mutex_);
    if (!ended_)
    {
        push_and_wake(std::move(job));
        return;
    }
    static_cast<void>(job->claim());
    push(std::move(job));
    if (!busy_)
    {
        run(lock, jobs_in_a_turn);
    }
}

void Strand::enqueue(JobPtr job) noexcept
{
    {
        const std::lock_guard guard(mutex_);
        // After the end whoever is inside does it; there is no one else.
        if (!ended_ || busy_)
        {
            push(std::move(job));
            wake_later();
            return;
        }
    }
    job->drop();
}

void Strand::give_up(JobPtr job) noexcept
{
    // A context without memory comes here while the strand is locked.
    if (!ended_)
    {
        job->drop();
        return;
    }
    arrive(std::move(job));
}

void Strand::arrive(JobPtr job) noexcept
{
    // Kept until the strand is left: the job may be the kernel's last.
    const auto keeper = owner_.lock();
    std::unique_lock lock(mutex_);
    if (job == wake_up_)
    {
        wake_up_.reset();
    }
    push(std::move(job));
    if (!busy_)
    {
        run(lock, jobs_in_a_turn);
    }
}

/// Under the lock, when nobody is busy. Runs jobs until there are none, or so many.
void Strand::run(std::unique_lock<std::mutex>& lock, int most) noexcept
{
    busy_ = true;
    runner_.store(std::this_thread::get_id());
    {
        const Turn turn(*this);
        // Once the context has ended nobody else comes.
        for (int done = 0; (done < most || ended_) && first_ != nullptr; ++done)
        {
            JobPtr job = pop();
            lock.unlock();
            job->perform();
            job.reset();
            lock.lock();
        }
    }
    runner_.store({});
    busy_ = false;
    wake_later();
    if (quitting_ && first_ == nullptr && wake_up_ && wake_up_->claim())
    {
        const JobPtr wake_up = std::exchange(wake_up_, nullptr);
        lock.unlock();
        wake_up->drop();
        lock.lock();
    }
    changed_.notify_all();
}

bool Strand::call(JobPtr job, const bool& over)
{
    const auto keeper = owner_.lock();
    static_cast<void>(job->claim());
    const bool nested = running != nullptr;
    std::unique_lock lock(mutex_);
    std::optional<NestedWait> wait;
    if (nested && busy_)
    {
        wait.emplace(*this);
        if (wait->closes_circle())
        {
            lock.unlock();
            job->drop();
            return false;
        }
    }
    push(std::move(job));
    while (!over)
    {
        if (busy_)
        {
            changed_.wait(lock);
        }
        else
        {
            wait.reset();
            // A nested call that has its turn does not wait a second time.
            run(lock, nested ? INT_MAX : jobs_in_a_turn);
        }
    }
    return true;
}

void Strand::finish(bool& over) noexcept
{
    const std::lock_guard guard(mutex_);
    over = true;
    changed_.notify_all();
}

void Strand::quit() noexcept
{
    const auto keeper = owner_.lock();
    std::unique_lock lock(mutex_);
    quitting_ = true;
    if (!busy_)
    {
        run(lock, jobs_in_a_turn);
    }
}

void Strand::end() noexcept
{
    const auto keeper = owner_.lock();
    std::unique_lock lock(mutex_);
    quitting_ = true;
    if (running_here())
    {
        // Callers up the stack still use what the jobs that are queued would end.
        ended_ = true;
        return;
    }
    do
    {
        changed_.wait(lock,
                      [this]
                      {
                          return !busy_;
                      });
        run(lock, INT_MAX);
    }
    while (busy_ || first_ != nullptr);
    ended_ = true;
}

bool Strand::ended() const noexcept
{
    return ended_;
}

} // namespace spaceframe::engine
