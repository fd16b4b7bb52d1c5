#pragma once

#include <spaceframe/error.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/version.hpp>
#include <boost/version.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

// How a kernel reaches a host's io_context. Everything that touches the context is compiled into the host,
// with the host's Asio: a shared library with an Asio of its own would look for threads in other
// thread-locals. Not for hosts.
namespace spaceframe::detail
{

/// Work of the kernel that waits in a host's context. Exactly one of its functions is called, once.
class Task
{
public:
    /// [a thread that runs the context]
    virtual void complete(const error_code& error) noexcept = 0;
    /// [any] The context goes, or had no memory for it: it never completes.
    virtual void abandon() noexcept = 0;

protected:
    ~Task() = default;
};

/// A timer in a host's context. After the context's end its functions do nothing.
class ContextTimer
{
public:
    virtual ~ContextTimer() = default;
    /// Completes `task` at `when`, or with an error when it is cancelled. Throws std::bad_alloc after it
    /// abandoned the task.
    virtual void wait(std::chrono::steady_clock::time_point when, Task& task) = 0;
    virtual void cancel() noexcept = 0;
};

/// A descriptor that a host's context watches, and never closes. After the context's end its functions do
/// nothing.
class ContextWatch
{
public:
    virtual ~ContextWatch() = default;
    /// Completes `task` when the descriptor is ready. Throws as ContextTimer::wait() does.
    virtual void wait(bool writable, Task& task) = 0;
    /// Ends all waits.
    virtual void release() noexcept = 0;
};

/// A host's context. Lives until both the kernel and the context have let go of it.
class Context
{
public:
    virtual ~Context() = default;
    /// [any, before the end] Completes `task` later. Throws as ContextTimer::wait() does.
    virtual void post(Task& task) = 0;
    /// [any] Throws std::bad_alloc.
    virtual std::unique_ptr<ContextTimer> make_timer() = 0;
    /// [any] Nothing, and the reason in `error`, where the system cannot watch it, or where the context is
    /// gone. Throws std::bad_alloc.
    virtual std::unique_ptr<ContextWatch> make_watch(int descriptor, error_code& error) = 0;
    /// [any] True on a thread that runs the context now.
    virtual bool driven_here() const noexcept = 0;
    /// [any] The context's; after the end one of Asio's own. Throws std::bad_alloc.
    virtual boost::asio::any_io_executor executor() const = 0;
    /// [any] Calls `function` when the context is about to be destroyed and everything in it still works, if
    /// `owner` is alive then; at once when the context is gone. Several kernels may share a context: each is
    /// called. Throws std::bad_alloc.
    virtual void on_end(std::weak_ptr<void> owner, std::function<void()> function) = 0;
};

/// Of this header and the Asio that a translation unit was compiled with, what must agree on both sides of
/// the library's boundary. Its size stays: programs that were built long ago are told apart by what is in it.
struct Layout
{
    enum Macro : std::uint32_t
    {
        ts_executors = 1,    ///< BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT
        no_typeid = 2,       ///< BOOST_ASIO_NO_TYPEID
        disable_threads = 4, ///< BOOST_ASIO_DISABLE_THREADS
    };

    /// Of the interfaces above; every change of them has the next one. Stands above the macros.
    static constexpr std::uint32_t revision = 1;
    static constexpr unsigned revision_shift = 16;

    std::uint32_t boost_version = BOOST_VERSION;
    std::uint32_t asio_version = BOOST_ASIO_VERSION;
    std::uint32_t executor_size = sizeof(boost::asio::any_io_executor);
    std::uint32_t macros = revision << revision_shift
#ifdef BOOST_ASIO_USE_TS_EXECUTOR_AS_DEFAULT
                           | ts_executors
#endif
#ifdef BOOST_ASIO_NO_TYPEID
                           | no_typeid
#endif
#ifdef BOOST_ASIO_DISABLE_THREADS
                           | disable_threads
#endif
        ;

    bool operator==(const Layout& other) const = default;
};

} // namespace spaceframe::detail
