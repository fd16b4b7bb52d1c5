#pragma once

#include <spaceframe/plugin/host.hpp>

#include <cstddef>
#include <cstdint>
#include <utility>

namespace spaceframe::plugin
{

// A descriptor that a loop watches; the descriptor stays the author's. All functions: [loop].
class Watch
{
public:
    Watch() = default;

    // Throws Error. `fd` must be non-blocking.
    Watch(Host host, sf_loop* loop, int fd) : host_(host.table())
    {
        if (const Status status = host_->watch_open(host_, loop, fd, &watch_); status != SF_OK)
        {
            throw Error(status, "the loop cannot watch the descriptor");
        }
    }

    Watch(Watch&& other) noexcept : host_(other.host_), watch_(std::exchange(other.watch_, nullptr))
    {}

    Watch& operator=(Watch&& other) noexcept
    {
        close();
        host_ = other.host_;
        watch_ = std::exchange(other.watch_, nullptr);
        return *this;
    }

    ~Watch()
    {
        close();
    }

    // Calls back once when the descriptor is ready for `direction`: SF_READABLE or SF_WRITABLE, one wait
    // outstanding for each.
    void wait(std::uint32_t direction, Callback callback) const noexcept
    {
        host_->watch_wait(host_, watch_, direction, callback.function, callback.context);
    }

    // Outstanding waits complete with SF_CANCELLED, later; the descriptor may be closed after this.
    void close() noexcept
    {
        if (watch_ != nullptr)
        {
            host_->watch_close(host_, std::exchange(watch_, nullptr));
        }
    }

    explicit operator bool() const noexcept
    {
        return watch_ != nullptr;
    }

private:
    const sf_host* host_ = nullptr;
    sf_watch* watch_ = nullptr;
};

// A timer of a loop. All functions: [loop].
class Timer
{
public:
    Timer() = default;

    // Throws Error.
    Timer(Host host, sf_loop* loop) : host_(host.table())
    {
        if (const Status status = host_->timer_open(host_, loop, &timer_); status != SF_OK)
        {
            throw Error(status, "the loop cannot make a timer");
        }
    }

    Timer(Timer&& other) noexcept : host_(other.host_), timer_(std::exchange(other.timer_, nullptr))
    {}

    Timer& operator=(Timer&& other) noexcept
    {
        close();
        host_ = other.host_;
        timer_ = std::exchange(other.timer_, nullptr);
        return *this;
    }

    ~Timer()
    {
        close();
    }

    // Calls back once after `delay` nanoseconds; what was started before is cancelled.
    void start(std::uint64_t delay, Callback callback) const noexcept
    {
        host_->timer_start(host_, timer_, delay, callback.function, callback.context);
    }

    // An outstanding start completes with SF_CANCELLED, later.
    void cancel() const noexcept
    {
        host_->timer_cancel(host_, timer_);
    }

    void close() noexcept
    {
        if (timer_ != nullptr)
        {
            host_->timer_close(host_, std::exchange(timer_, nullptr));
        }
    }

    explicit operator bool() const noexcept
    {
        return timer_ != nullptr;
    }

private:
    const sf_host* host_ = nullptr;
    sf_timer* timer_ = nullptr;
};

// One reference to a block of the kernel's memory. [any]
class Slab
{
public:
    Slab() = default;

    // A new block of at least `size` bytes; empty (false) when there is no memory.
    Slab(Host host, std::size_t size) noexcept : host_(host.table())
    {
        owner_ = host_->slab_allocate(host_, size, &data_);
    }

    Slab(Slab&& other) noexcept
        : host_(other.host_)
        , owner_(std::exchange(other.owner_, nullptr))
        , data_(std::exchange(other.data_, nullptr))
    {}

    Slab& operator=(Slab&& other) noexcept
    {
        std::swap(host_, other.host_);
        std::swap(owner_, other.owner_);
        std::swap(data_, other.data_);
        return *this;
    }

    ~Slab()
    {
        if (owner_ != nullptr)
        {
            host_->release(host_, owner_);
        }
    }

    sf_owner* owner() const noexcept
    {
        return owner_;
    }

    std::uint8_t* data() const noexcept
    {
        return data_;
    }

    // Hands the reference to the caller.
    sf_owner* detach() noexcept
    {
        data_ = nullptr;
        return std::exchange(owner_, nullptr);
    }

    explicit operator bool() const noexcept
    {
        return owner_ != nullptr;
    }

private:
    const sf_host* host_ = nullptr;
    sf_owner* owner_ = nullptr;
    std::uint8_t* data_ = nullptr;
};

} // namespace spaceframe::plugin
