#include "engine/endpoints.hpp"

#include <spaceframe/detail/operation.hpp>
#include <spaceframe/socket.hpp>

#include <boost/asio/system_executor.hpp>

namespace spaceframe::detail
{

struct SocketAccess
{
    static engine::SocketCore& core(const Socket& socket) noexcept
    {
        return socket.core();
    }
};

bool try_request(const Socket& socket, Request& request) noexcept
{
    return SocketAccess::core(socket).waiting().try_now(request);
}

void start_operation(const Socket& socket, Operation& operation) noexcept
{
    SocketAccess::core(socket).waiting().start(operation);
}

void cancel_operation(const Socket& socket, Operation& operation) noexcept
{
    SocketAccess::core(socket).waiting().cancel(operation);
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
