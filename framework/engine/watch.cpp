#include "engine/watch.hpp"

#include "engine/failure.hpp"
#include "engine/loop.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>

#include <memory>
#include <new>
#include <string>

using boost::asio::posix::stream_descriptor;

/// A descriptor that a loop watches. Lives until it is closed and the last wait has completed.
struct sf_watch
{
    explicit sf_watch(boost::asio::io_context& context) : descriptor(context)
    {}

    stream_descriptor descriptor;
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
        auto made = std::make_unique<sf_watch>(Loop::from(loop).context());
        error_code error;
        made->descriptor.assign(fd, error);
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
    ++watch->outstanding;
    watch->descriptor.async_wait(direction == SF_READABLE ? stream_descriptor::wait_read
                                                          : stream_descriptor::wait_write,
                                 [watch, callback, context](const error_code& error)
                                 {
                                     complete(watch, error, callback, context);
                                 });
}

void watch_close(const sf_host* /*host*/, sf_watch* watch)
{
    watch->closed = true;
    watch->descriptor.release();
    if (watch->outstanding == 0)
    {
        delete watch;
    }
}

} // namespace spaceframe::engine
