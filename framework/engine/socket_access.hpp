#pragma once

#include "engine/endpoints.hpp"

#include <spaceframe/monitor.hpp>
#include <spaceframe/socket.hpp>

namespace spaceframe::detail
{

/// From the handles that hosts have to what is behind them.
struct SocketAccess
{
    static engine::SocketCore& core(const Socket& socket) noexcept
    {
        return socket.core();
    }

    static engine::Endpoints& endpoints(const Socket& socket) noexcept
    {
        return *socket.endpoints_;
    }

    static engine::EventQueue* queue(const Monitor& monitor) noexcept
    {
        return monitor.queue_.get();
    }

    static const Socket& socket(const Monitor& monitor) noexcept
    {
        return monitor.socket_;
    }
};

} // namespace spaceframe::detail
