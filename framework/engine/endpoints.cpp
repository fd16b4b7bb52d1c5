#include "engine/endpoints.hpp"

#include "manifest/resolve.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <stdexcept>
#include <utility>

namespace spaceframe::engine
{

Endpoints::Endpoints(Driver& driver, Reporter& reporter, std::shared_ptr<SocketCore> socket)
    : driver_(driver)
    , reporter_(reporter)
    , socket_(std::move(socket))
{
    socket_->set_closer(
        [this](Clock::time_point end)
        {
            return try_finish_close(end);
        });
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
    std::string uri = endpoint.uri;
    auto stack = std::make_shared<Stack>(std::move(endpoint), reporter_);
    Loop& loop = driver_.near_loop();
    if (!bind)
    {
        auto dialer = std::make_shared<Dialer>(loop, socket_, std::move(stack), connections_);
        {
            const std::lock_guard guard(mutex_);
            check_phase();
            dialers_.push_back(dialer);
        }
        driver_.call(loop,
                     [&]
                     {
                         dialer->open();
                     });
        return uri;
    }
    auto listener = std::make_shared<Listener>(driver_, loop, socket_, std::move(stack), connections_);
    {
        const std::lock_guard guard(mutex_);
        check_phase();
        listeners_.push_back(listener);
    }
    try
    {
        driver_.call(loop,
                     [&]
                     {
                         listener->open();
                     });
    }
    catch (...)
    {
        const std::lock_guard guard(mutex_);
        std::erase(listeners_, listener);
        throw;
    }
    return listener->endpoint();
}

std::string Endpoints::open(bool bind, std::string_view uri)
{
    const manifest::SocketDescription& description = socket_->description();
    try
    {
        return open(manifest::make_endpoint(description, reporter_.host().registry(), bind, uri));
    }
    catch (const std::invalid_argument& problem)
    {
        throw boost::system::system_error(make_error_code(errc::invalid_argument),
                                          description.name + ": " + problem.what());
    }
}

std::vector<std::string> Endpoints::bound() const
{
    const std::lock_guard guard(mutex_);
    std::vector<std::string> endpoints;
    endpoints.reserve(listeners_.size());
    for (const auto& listener : listeners_)
    {
        endpoints.push_back(listener->endpoint());
    }
    return endpoints;
}

void Endpoints::begin_close()
{
    {
        const std::lock_guard guard(mutex_);
        if (!linger_end_)
        {
            linger_end_ = deadline_after(socket_->description().settings.linger);
        }
    }
    socket_->begin_close();
    stop_listening();
}

Clock::time_point Endpoints::drained_by(Clock::time_point deadline) const
{
    const std::lock_guard guard(mutex_);
    return std::min(deadline, linger_end_.value_or(deadline));
}

void Endpoints::drain(Clock::time_point deadline)
{
    const auto empty = [this]
    {
        return socket_->unwritten() == 0;
    };
    socket_->wait(empty, drained_by(deadline));
}

std::optional<CloseReport> Endpoints::try_finish_close(Clock::time_point end)
{
    end = drained_by(end);
    if (socket_->unwritten() > 0 && Clock::now() < end)
    {
        socket_->set_alarm(end);
        return std::nullopt;
    }
    const std::unique_lock lock(close_mutex_, std::try_to_lock);
    // Whoever has it tells when the socket is closed.
    return lock ? std::optional(finish(std::nullopt)) : std::nullopt;
}

CloseReport Endpoints::finish_close(std::optional<Clock::time_point> deadline)
{
    std::unique_lock lock(close_mutex_, std::defer_lock);
    if (deadline)
    {
        lock.lock();
    }
    else if (!lock.try_lock())
    {
        return {};
    }
    const CloseReport report = finish(deadline);
    lock.unlock();
    socket_->notify();
    return report;
}

/// Under the lock of closing.
CloseReport Endpoints::finish(std::optional<Clock::time_point> deadline)
{
    if (!report_)
    {
        stop_dialling(deadline.has_value());
        CloseReport report = socket_->shut();
        close_connections(deadline);
        report.discarded = socket_->ledger().dropped_closed;
        report.complete = report.discarded == 0;
        report_ = report;
    }
    return *report_;
}

CloseReport Endpoints::close(Clock::time_point deadline)
{
    if (driver_.on_a_loop())
    {
        throw boost::system::system_error(make_error_code(errc::would_deadlock),
                                          "a thread that drives the kernel cannot wait for a socket's end");
    }
    begin_close();
    drain(deadline);
    return finish_close(deadline);
}

void Endpoints::stop_listening()
{
    std::vector<std::shared_ptr<Listener>> listeners;
    {
        const std::lock_guard guard(mutex_);
        if (std::exchange(phase_, Phase::closed) == Phase::closed)
        {
            return;
        }
        listeners = listeners_;
    }
    for (const auto& listener : listeners)
    {
        driver_.run(
            listener->loop(),
            [listener]
            {
                listener->close();
            },
            true);
    }
}

void Endpoints::stop_dialling(bool wait)
{
    std::vector<std::shared_ptr<Dialer>> dialers;
    {
        const std::lock_guard guard(mutex_);
        dialers = dialers_;
    }
    for (const auto& dialer : dialers)
    {
        driver_.run(
            dialer->loop(),
            [dialer]
            {
                dialer->close();
            },
            wait);
    }
}

void Endpoints::close_connections(std::optional<Clock::time_point> deadline)
{
    const Failure closed = make_failure(SF_CANCELLED, errc::terminated, "the socket was closed");
    for (const auto& connection : connections_.all())
    {
        if (driver_.hosted())
        {
            driver_.run(
                connection->loop(),
                [connection, closed]
                {
                    connection->close(closed);
                },
                false);
        }
        else
        {
            connection->post_close(closed);
        }
    }
    const auto gone = [this]
    {
        return connections_.size() == 0;
    };
    if (deadline)
    {
        socket_->wait(gone, driver_.hosted() ? *deadline : Clock::time_point::max());
    }
}

} // namespace spaceframe::engine
