#include "engine/watch.hpp"

#include "engine/failure.hpp"
#include "engine/loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <array>
#include <memory>
#include <new>
#include <optional>
#include <string>
#include <utility>

using boost::asio::posix::stream_descriptor;

/// A descriptor that a loop watches. Lives until it is closed and the last wait has completed.
struct sf_watch
{
    // One of the two: on the kernel's own context, or on a host's.
    std::optional<stream_descriptor> descriptor;
    std::unique_ptr<spaceframe::detail::ContextWatch> hosted;
    spaceframe::engine::Strand* strand = nullptr;
    std::array<spaceframe::engine::JobPtr, 2> waits; // reading, writing
    int outstanding = 0;
    bool closed = false;
};

namespace spaceframe::engine
{
namespace
{

sf_status note_system_failure(const error_code& error, const char* what)
{
    note_failure(SF_SYSTEM, error.value(), (std::string(what) + ": " + error.message()).c_str());
    return SF_SYSTEM;
}

void complete(sf_watch* watch, const error_code& error, sf_callback callback, void* context)
{
    --watch->outstanding;
    const bool closed = watch->closed;
    if (closed && watch->outstanding == 0)
    {
        delete watch;
    }
    if (closed || error == boost::asio::error::operation_aborted)
    {
        callback(context, SF_CANCELLED);
    }
    else
    {
        callback(context, error ? note_system_failure(error, "waiting for a descriptor failed") : SF_OK);
    }
}

} // namespace

sf_status watch_open(const sf_host* /*host*/, sf_loop* loop, int fd, sf_watch** watch)
{
    try
    {
        Loop& target = Loop::from(loop);
        auto made = std::make_unique<sf_watch>();
        made->strand = target.strand();
        error_code error;
        if (made->strand != nullptr)
        {
            made->hosted = made->strand->context().make_watch(fd, error);
        }
        else
        {
            made->descriptor.emplace(target.context());
            made->descriptor->assign(fd, error);
        }
        if (error)
        {
            return note_system_failure(error, "a descriptor cannot be watched");
        }
        *watch = made.release();
        return SF_OK;
    }
    catch (const std::bad_alloc&)
    {
        return SF_NO_MEMORY;
    }
}

void watch_wait(const sf_host* /*host*/, sf_watch* watch, uint32_t direction, sf_callback callback,
                void* context)
{
    const bool writable = direction != SF_READABLE;
    auto handler = [watch, callback, context](const error_code& error)
    {
        complete(watch, error, callback, context);
    };
    ++watch->outstanding;
    try
    {
        if (watch->descriptor)
        {
            watch->descriptor->async_wait(
                writable ? stream_descriptor::wait_write : stream_descriptor::wait_read, handler);
            return;
        }
        JobPtr job = watch->strand->make_lasting_job(handler);
        watch->hosted->wait(writable, job->lend());
        watch->waits[writable ? 1 : 0] = std::move(job);
    }
    catch (const std::bad_alloc&)
    {
        --watch->outstanding;
        callback(context, SF_NO_MEMORY);
    }
}

void watch_close(const sf_host* /*host*/, sf_watch* watch)
{
    watch->closed = true;
    if (watch->descriptor)
    {
        watch->descriptor->release();
    }
    else
    {
        // They complete now, whether the host runs its context or not.
        for (const JobPtr& job : std::exchange(watch->waits, {}))
        {
            if (job)
            {
                job->cancel(boost::asio::error::operation_aborted);
            }
        }
        watch->hosted->release();
    }
    if (watch->outstanding == 0)
    {
        delete watch;
    }
}

} // namespace spaceframe::engine
