#include "engine/endpoints.hpp"
#include "manifest/resolve.hpp"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <stdexcept>
#include <utility>

namespace spaceframe::engine
{
namespace
{

/// What `handle` names is the stream's. Throws boost::system::system_error, and then it is the caller's.
StreamPtr adopt_stream(const Stack& stack, std::uintptr_t handle)
{
    const std::string where = stack.description.position;
    const auto* const capability =
        static_cast<const sf_adopt*>(stack.transport.query(&stack.reporter.host(), SF_ADOPT));
    constexpr std::size_t least = offsetof(sf_adopt, adopt) + sizeof(sf_adopt::adopt);
    if (capability == nullptr || capability->size < least || capability->adopt == nullptr)
    {
        throw boost::system::system_error(
            make_error_code(errc::not_supported),
            fmt::format("{}: the transport {} takes no connections over; bind or connect an endpoint of it",
                        where, stack.description.scheme));
    }
    sf_stream* stream = nullptr;
    if (const sf_status status = capability->adopt(stack.transport_instance, handle, &stream);
        status != SF_OK)
    {
        throw_failure(status, where);
    }
    return {stream, {&stack.transport}};
}

} // namespace

std::string Endpoints::adopt(std::string_view transport, std::uintptr_t handle,
                             const std::vector<Option>& overrides)
{
    std::string name;
    {
        const std::lock_guard guard(mutex_);
        check_phase();
        name = fmt::format("adopted:{}/{}", transport, ++adoptions_);
    }
    std::shared_ptr<Stack> stack;
    try
    {
        stack = std::make_shared<Stack>(manifest::make_adopted(socket_->description(),
                                                               reporter_.host().registry(),
                                                               std::string(transport), name, overrides),
                                        reporter_);
    }
    catch (const std::invalid_argument& problem)
    {
        throw boost::system::system_error(make_error_code(errc::invalid_argument),
                                          socket_->description().name + ": " + problem.what());
    }
    const auto connection = std::make_shared<Connection>(
        driver_.near_loop(), socket_, stack, StreamPtr(nullptr, {&stack->transport}), false, std::nullopt);
    const Opening opening = add_adopted(name);
    try
    {
        connection->on_ready = [this, entry = opening.entry]
        {
            tell(entry, EndpointState::Status::ready);
        };
        Connection::EndHandler ended =
            [this, opening, stack](const auto& closed, const Failure& failure, bool /*ready*/)
        {
            closed->on_ready = nullptr;
            end_adopted(closed->loop().index(), *stack, opening, failure);
            connections_.remove(closed);
            socket_->notify();
        };
        connection->prepare(adopt_stream(*stack, handle), std::move(ended));
    }
    catch (...)
    {
        forget(opening, {});
        const std::lock_guard guard(mutex_);
        book_.remove(opening.entry);
        throw;
    }
    begin_adopted(connection, *stack, opening);
    return name;
}

Endpoints::Opening Endpoints::add_adopted(const std::string& name)
{
    const std::lock_guard guard(mutex_);
    check_phase();
    Opening opening;
    opening.entry = book_.adopt(name);
    try
    {
        openings_.push_back(opening);
    }
    catch (...)
    {
        book_.remove(opening.entry);
        throw;
    }
    return opening;
}

/// The stream is ours already: what goes wrong from here on is told of the endpoint.
void Endpoints::begin_adopted(const std::shared_ptr<Connection>& connection, const Stack& stack,
                              const Opening& opening) noexcept
{
    try
    {
        if (!connections_.add(connection))
        {
            forget(opening, make_error_code(errc::terminated));
            return;
        }
        show_adopted(connection, opening);
        connection->loop().post(
            [connection]
            {
                connection->start();
            });
    }
    catch (...)
    {
        connections_.remove(connection);
        {
            const std::lock_guard guard(socket_->lock());
            ++socket_->counters.failures;
        }
        tell_adopted(Event::Kind::failed, connection->loop().index(), stack, out_of_memory());
        end_adopted(connection->loop().index(), stack, opening, out_of_memory());
    }
}

/// From now on it can be closed by its name; before it begins, for whoever hears of it may do so at once.
void Endpoints::show_adopted(const std::shared_ptr<Connection>& connection, const Opening& opening) noexcept
{
    const std::lock_guard guard(mutex_);
    const auto place = std::find_if(openings_.begin(), openings_.end(),
                                    [&](const Opening& other)
                                    {
                                        return other.entry == opening.entry;
                                    });
    if (place != openings_.end())
    {
        place->adopted = connection;
    }
}

void Endpoints::end_adopted(std::size_t loop, const Stack& stack, const Opening& opening,
                            const Failure& failure) noexcept
{
    forget(opening, failure.code ? failure.code : make_error_code(errc::connection_closed));
    // What the host is told is so already.
    if (failure.code != errc::terminated)
    {
        tell_adopted(Event::Kind::stopped, loop, stack, failure);
    }
}

void Endpoints::tell_adopted(Event::Kind kind, std::size_t loop, const Stack& stack,
                             const Failure& failure) noexcept
{
    reporter_.report(reporter_.event(kind, stack.endpoint, loop), failure);
}

} // namespace spaceframe::engine
