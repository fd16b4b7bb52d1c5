#include "engine/endpoints.hpp"

#include "manifest/resolve.hpp"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <new>
#include <stdexcept>
#include <utility>

namespace spaceframe::engine
{

namespace
{

/// Inside a catch clause.
error_code caught() noexcept
{
    try
    {
        throw;
    }
    catch (const boost::system::system_error& problem)
    {
        return problem.code();
    }
    catch (...)
    {
        return make_error_code(errc::no_memory);
    }
}

} // namespace

Endpoints::Endpoints(Driver& driver, Reporter& reporter, std::shared_ptr<SocketCore> socket)
    : driver_(driver)
    , socket_(std::move(socket))
    , reporter_(reporter, *socket_)
{
    socket_->set_closer(
        [this](Clock::time_point end)
        {
            return try_finish_close(end);
        });
    socket_->set_settler(
        [this](detail::Request& request)
        {
            return settle(request);
        });
    connections_.on_last(
        [this]
        {
            end_events();
        });
    for (const manifest::Endpoint& endpoint : socket_->description().endpoints)
    {
        book_.plan(endpoint.bind, endpoint.uri);
    }
}

void Endpoints::start()
{
    const std::lock_guard guard(mutex_);
    phase_ = phase_ == Phase::made ? Phase::open : phase_;
}

void Endpoints::check_phase() const
{
    const std::string& name = socket_->description().name;
    if (phase_ == Phase::made)
    {
        throw boost::system::system_error(make_error_code(errc::not_connected),
                                          name + ": start the kernel before you open endpoints");
    }
    if (phase_ == Phase::closed)
    {
        throw boost::system::system_error(make_error_code(errc::terminated), name);
    }
}

std::string Endpoints::open(manifest::Endpoint endpoint)
{
    const bool bind = endpoint.bind;
    auto stack = std::make_shared<Stack>(std::move(endpoint), reporter_);
    std::string name = stack->description.uri;
    Opening opening;
    try
    {
        if (bind)
        {
            add_listener(stack, opening);
            driver_.call(opening.listener->loop(),
                         [&]
                         {
                             open_listener(opening, name);
                         });
        }
        else
        {
            add_dialer(stack, opening);
            driver_.call(opening.dialer->loop(),
                         [&]
                         {
                             opening.dialer->open();
                         });
        }
    }
    catch (...)
    {
        forget(opening, caught());
        throw;
    }
    return name;
}

std::string Endpoints::open(bool bind, std::string_view uri, const std::vector<Option>& overrides)
{
    return open(describe(bind, uri, overrides));
}

manifest::Endpoint Endpoints::describe(bool bind, std::string_view uri,
                                       const std::vector<Option>& overrides) const
{
    const manifest::SocketDescription& description = socket_->description();
    try
    {
        return manifest::make_endpoint(description, reporter_.host().registry(), bind, uri, overrides);
    }
    catch (const std::invalid_argument& problem)
    {
        throw boost::system::system_error(make_error_code(errc::invalid_argument),
                                          description.name + ": " + problem.what());
    }
}

EndpointBook::Entry Endpoints::begin_open(bool bind, std::string_view uri,
                                          const std::vector<Option>& overrides)
{
    std::shared_ptr<Stack> stack;
    try
    {
        stack = std::make_shared<Stack>(describe(bind, uri, overrides), reporter_);
    }
    catch (const boost::system::system_error& problem)
    {
        // Its caller gets a code, which does not say what is wrong.
        reporter_.host().write_log(LogLevel::warning, problem.what());
        throw;
    }
    Opening opening;
    try
    {
        bind ? add_listener(stack, opening) : add_dialer(stack, opening);
        Loop& loop = bind ? opening.listener->loop() : opening.dialer->loop();
        driver_.run(
            loop,
            [this, opening]
            {
                try
                {
                    std::string unused;
                    opening.listener ? open_listener(opening, unused) : opening.dialer->open();
                }
                catch (const std::exception&)
                {
                    // Whoever waits for it is told.
                    forget(opening, caught());
                }
            },
            false);
    }
    catch (...)
    {
        forget(opening, caught());
        throw;
    }
    return opening.entry;
}

void Endpoints::add_dialer(const std::shared_ptr<Stack>& stack, Opening& opening)
{
    opening.dialer = std::make_shared<Dialer>(driver_.near_loop(), socket_, stack, connections_);
    const std::lock_guard guard(mutex_);
    check_phase();
    drop_failed(false, stack->description.uri);
    openings_.reserve(openings_.size() + 1);
    opening.entry = book_.open(false, stack->description.uri);
    opening.dialer->on_progress =
        [this, entry = opening.entry](Dialer::Progress progress, const error_code& error)
    {
        using Status = EndpointState::Status;
        tell(entry,
             progress == Dialer::Progress::ready  ? Status::ready
             : progress == Dialer::Progress::lost ? Status::opening
                                                  : Status::failed,
             error);
    };
    openings_.push_back(opening);
}

/// Under the lock: those of that name that failed after they were opened are replaced, as in the book.
void Endpoints::drop_failed(bool bind, std::string_view name) noexcept
{
    std::erase_if(openings_,
                  [&](const Opening& opening)
                  {
                      return opening.entry->status == EndpointState::Status::failed &&
                             opening.entry->bind == bind && opening.entry->name == name;
                  });
}

void Endpoints::add_listener(const std::shared_ptr<Stack>& stack, Opening& opening)
{
    opening.listener = std::make_shared<Listener>(driver_, driver_.near_loop(), socket_, stack, connections_);
    const std::lock_guard guard(mutex_);
    check_phase();
    openings_.reserve(openings_.size() + 1);
    opening.entry = book_.open(true, stack->description.uri);
    openings_.push_back(opening);
}

/// On the listener's loop. Throws boost::system::system_error, or std::bad_alloc, and then it does not
/// listen. `name`: as bound.
void Endpoints::open_listener(const Opening& opening, std::string& name)
{
    Listener& listener = *opening.listener;
    try
    {
        listener.open();
        const std::lock_guard guard(mutex_);
        name = listener.endpoint();
        opening.entry->bound = name;
        opening.entry->status = EndpointState::Status::ready;
    }
    catch (...)
    {
        listener.close();
        throw;
    }
    // What the host is told is so already.
    listener.announce();
    socket_->notify();
}

/// It will not be there, for that reason.
void Endpoints::forget(const Opening& opening, const error_code& error) noexcept
{
    if (opening.entry == nullptr)
    {
        return;
    }
    {
        const std::lock_guard guard(mutex_);
        std::erase_if(openings_,
                      [&](const Opening& other)
                      {
                          return other.entry == opening.entry;
                      });
    }
    tell(opening.entry, EndpointState::Status::failed, error);
}

void Endpoints::tell(const EndpointBook::Entry& entry, EndpointState::Status status,
                     const error_code& error) noexcept
{
    {
        const std::lock_guard guard(mutex_);
        entry->status = status;
        entry->error = error;
    }
    socket_->notify();
}

bool Endpoints::settle(detail::Request& request) const
{
    const std::lock_guard guard(mutex_);
    const EndpointBook::Entry named = request.opening == nullptr ? book_.find(request.topic) : nullptr;
    const EndpointState* const state = request.opening == nullptr
                                           ? named.get()
                                           : static_cast<const EndpointState*>(request.opening->state.get());
    request.error.clear();
    if (phase_ == Phase::closed)
    {
        request.error = errc::terminated;
        return true;
    }
    if (state == nullptr)
    {
        request.error = errc::invalid_argument;
        return true;
    }
    switch (state->status)
    {
    case EndpointState::Status::ready:
        if (request.opening != nullptr)
        {
            request.opening->bound = state->bound;
        }
        return true;
    case EndpointState::Status::failed:
        request.error = state->error;
        return true;
    default:
        return false;
    }
}

bool Endpoints::wait_for(std::string_view endpoint, std::chrono::nanoseconds timeout, error_code& error)
{
    detail::Request request{detail::Request::Kind::endpoint};
    request.topic = endpoint;
    const auto settled = [&]
    {
        return settle(request);
    };
    error = socket_->wait_patiently(settled, timeout);
    error = error ? error : request.error;
    return !error;
}

std::string Endpoints::why_unknown(std::string_view endpoint) const
{
    const std::lock_guard guard(mutex_);
    if (book_.find(endpoint))
    {
        return {};
    }
    return fmt::format("{} is no endpoint of this socket, which has {}", endpoint, list_names());
}

/// Under the lock.
std::string Endpoints::list_names() const
{
    const auto names = book_.names();
    return names.empty() ? "none" : fmt::format("{}", fmt::join(names, ", "));
}

std::vector<std::string> Endpoints::bound() const
{
    const std::lock_guard guard(mutex_);
    return book_.bound();
}

} // namespace spaceframe::engine
