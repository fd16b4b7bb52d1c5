#include "engine/event_queue.hpp"
#include "engine/socket_access.hpp"

#include <spaceframe/monitor.hpp>

#include <boost/system/system_error.hpp>

namespace spaceframe
{

using detail::SocketAccess;

Monitor::Monitor(const Socket& socket, std::size_t capacity)
    : socket_(socket)
    , queue_(std::make_shared<engine::EventQueue>(SocketAccess::core(socket), capacity))
{
    SocketAccess::endpoints(socket).reporter().add_monitor(queue_);
}

MonitorEvent Monitor::receive(Timeout timeout)
{
    MonitorEvent event;
    error_code error;
    if (!receive(event, timeout, error))
    {
        throw boost::system::system_error(error, socket_.name() + ": its monitor");
    }
    return event;
}

bool Monitor::receive(MonitorEvent& event, Timeout timeout, error_code& error)
{
    error_code end;
    const auto settled = [&]
    {
        return queue_->take(event, end);
    };
    error = SocketAccess::core(socket_).wait_patiently(settled, timeout);
    error = error ? error : end;
    return !error;
}

std::uint64_t Monitor::lost() const noexcept
{
    return queue_->lost();
}

namespace detail
{

engine::EventQueue* queue_of(const Monitor& monitor) noexcept
{
    return SocketAccess::queue(monitor);
}

const Socket& socket_of(const Monitor& monitor) noexcept
{
    return SocketAccess::socket(monitor);
}

} // namespace detail

} // namespace spaceframe
