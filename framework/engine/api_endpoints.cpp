#include "engine/endpoints.hpp"

#include <spaceframe/socket.hpp>

#include <boost/system/system_error.hpp>

#include <new>
#include <string>

// The part of Socket that is about endpoints and peers.
namespace spaceframe
{
namespace
{

void close_endpoint(engine::Endpoints& endpoints, bool bind, std::string_view name, error_code& error)
{
    try
    {
        error.clear();
        endpoints.close_endpoint(bind, name);
    }
    catch (const boost::system::system_error& problem)
    {
        error = problem.code();
    }
    catch (const std::bad_alloc&)
    {
        error = errc::no_memory;
    }
}

} // namespace

std::string Socket::bind(std::string_view endpoint)
{
    return bind(endpoint, std::vector<Option>());
}

std::string Socket::connect(std::string_view endpoint)
{
    return connect(endpoint, std::vector<Option>());
}

std::string Socket::bind(std::string_view endpoint, error_code& error)
{
    return bind(endpoint, {}, error);
}

std::string Socket::connect(std::string_view endpoint, error_code& error)
{
    return connect(endpoint, {}, error);
}

std::string Socket::bind(std::string_view endpoint, const std::vector<Option>& options)
{
    return endpoints_->open(true, endpoint, options);
}

std::string Socket::connect(std::string_view endpoint, const std::vector<Option>& options)
{
    return endpoints_->open(false, endpoint, options);
}

std::string Socket::bind(std::string_view endpoint, const std::vector<Option>& options, error_code& error)
{
    try
    {
        error.clear();
        return bind(endpoint, options);
    }
    catch (const boost::system::system_error& problem)
    {
        error = problem.code();
        return {};
    }
}

std::string Socket::connect(std::string_view endpoint, const std::vector<Option>& options, error_code& error)
{
    try
    {
        error.clear();
        return connect(endpoint, options);
    }
    catch (const boost::system::system_error& problem)
    {
        error = problem.code();
        return {};
    }
}

void Socket::unbind(std::string_view endpoint)
{
    endpoints_->close_endpoint(true, endpoint);
}

void Socket::unbind(std::string_view endpoint, error_code& error)
{
    close_endpoint(*endpoints_, true, endpoint, error);
}

void Socket::disconnect(std::string_view endpoint)
{
    endpoints_->close_endpoint(false, endpoint);
}

void Socket::disconnect(std::string_view endpoint, error_code& error)
{
    close_endpoint(*endpoints_, false, endpoint, error);
}

bool Socket::disconnect(PeerId peer)
{
    return core().disconnect(peer);
}

std::vector<PeerInfo> Socket::peers() const
{
    return core().peers();
}

std::string Socket::adopt(std::string_view transport, std::uintptr_t handle,
                          const std::vector<Option>& options)
{
    return endpoints_->adopt(transport, handle, options);
}

std::string Socket::adopt(std::string_view transport, std::uintptr_t handle, error_code& error)
{
    return adopt(transport, handle, {}, error);
}

std::string Socket::adopt(std::string_view transport, std::uintptr_t handle,
                          const std::vector<Option>& options, error_code& error)
{
    try
    {
        error.clear();
        return adopt(transport, handle, options);
    }
    catch (const boost::system::system_error& problem)
    {
        error = problem.code();
    }
    catch (const std::bad_alloc&)
    {
        error = errc::no_memory;
    }
    return {};
}

std::vector<std::string> Socket::bound() const
{
    return endpoints_->bound();
}

std::string Socket::last_endpoint() const
{
    const auto all = bound();
    return all.empty() ? std::string() : all.back();
}

bool Socket::wait_for_peers(std::size_t count, Timeout timeout)
{
    error_code error;
    const bool enough = core().wait_for_peers(count, timeout, error);
    if (error == errc::would_deadlock)
    {
        throw boost::system::system_error(error, name());
    }
    return enough;
}

bool Socket::wait_for_endpoint(std::string_view endpoint, Timeout timeout)
{
    error_code error;
    const bool ready = wait_for_endpoint(endpoint, timeout, error);
    if (error && error != errc::timed_out && error != errc::would_block)
    {
        const std::string unknown =
            error == errc::invalid_argument ? endpoints_->why_unknown(endpoint) : std::string();
        throw boost::system::system_error(error, name() + ": " +
                                                     (unknown.empty() ? std::string(endpoint) : unknown));
    }
    return ready;
}

bool Socket::wait_for_endpoint(std::string_view endpoint, Timeout timeout, error_code& error)
{
    return endpoints_->wait_for(endpoint, timeout, error);
}

} // namespace spaceframe
