#include "engine/event_queue.hpp"
#include "engine/socket_access.hpp"

#include <spaceframe/detail/operation.hpp>
#include <spaceframe/socket.hpp>

#include <boost/asio/system_executor.hpp>
#include <boost/system/system_error.hpp>

#include <memory>
#include <new>

namespace spaceframe::detail
{

namespace
{

/// The calls among which a call waits; kept while they are used: when it is over the monitor may be gone.
class CallsOf
{
public:
    CallsOf(const Socket& socket, const Request& request) noexcept
        : queue_(request.monitored != nullptr ? request.monitored->shared_from_this() : nullptr)
        , waiting_(queue_ ? queue_->waiting() : SocketAccess::core(socket).waiting())
    {}

    engine::Waiting* operator->() const noexcept
    {
        return &waiting_;
    }

private:
    std::shared_ptr<engine::EventQueue> queue_;
    engine::Waiting& waiting_;
};

} // namespace

bool try_request(const Socket& socket, Request& request) noexcept
{
    try
    {
        if (request.kind == Request::Kind::close)
        {
            SocketAccess::endpoints(socket).begin_close();
        }
        else if (request.opening != nullptr)
        {
            request.opening->state = SocketAccess::endpoints(socket).begin_open(
                request.opening->bind, request.topic, request.opening->options);
        }
    }
    catch (const std::bad_alloc&)
    {
        request.error = errc::no_memory;
        return true;
    }
    catch (const boost::system::system_error& problem)
    {
        request.error = problem.code();
        return true;
    }
    return CallsOf(socket, request)->try_now(request);
}

std::chrono::steady_clock::time_point end_of(std::chrono::nanoseconds timeout) noexcept
{
    return engine::deadline_after(timeout);
}

void start_operation(const Socket& socket, Operation& operation) noexcept
{
    CallsOf(socket, operation)->start(operation);
}

void cancel_operation(const Socket& socket, Operation& operation) noexcept
{
    CallsOf(socket, operation)->cancel(operation);
}

void report_escape(const Socket& socket) noexcept
{
    SocketAccess::endpoints(socket).reporter().kernel().report_escape(
        SocketAccess::core(socket).description().name);
}

boost::asio::any_io_executor executor_of(const Socket& socket)
{
    engine::Driver& driver = SocketAccess::core(socket).driver();
    if (engine::Strand* strand = driver.first_loop().strand(); strand != nullptr)
    {
        return strand->context().executor();
    }
    if (driver.ended())
    {
        return boost::asio::system_executor();
    }
    return driver.first_loop().context().get_executor();
}

} // namespace spaceframe::detail
