#include "engine/endpoints.hpp"

#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <utility>

// How endpoints, and then the whole socket, are closed.
namespace spaceframe::engine
{

void Endpoints::close_endpoint(bool bind, std::string_view name)
{
    Opening opening;
    {
        const std::lock_guard guard(mutex_);
        check_phase();
        const auto found =
            std::find_if(openings_.rbegin(), openings_.rend(),
                         [&](const Opening& other)
                         {
                             return other.entry->bind == bind && other.entry->bears(name) && other.exists();
                         });
        if (found == openings_.rend())
        {
            throw boost::system::system_error(make_error_code(errc::invalid_argument),
                                              fmt::format("{}: {} is no endpoint that {}; it has {}",
                                                          socket_->description().name, name,
                                                          bind ? "listens" : "dials", list_names()));
        }
        opening = *found;
    }
    if (opening.listener || opening.dialer)
    {
        driver_.call(bind ? opening.listener->loop() : opening.dialer->loop(),
                     [&]
                     {
                         bind ? opening.listener->close() : opening.dialer->disconnect();
                     });
    }
    else if (const auto connection = opening.adopted.lock())
    {
        connection->post_close(
            make_failure(SF_CANCELLED, errc::disconnected, "the host closed the endpoint"));
    }
    {
        const std::lock_guard guard(mutex_);
        book_.remove(opening.entry);
    }
    forget(opening, boost::asio::error::operation_aborted);
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
    socket_->notify();
}

Clock::time_point Endpoints::drained_by(Clock::time_point deadline) const
{
    const std::lock_guard guard(mutex_);
    return std::min(deadline, linger_end_.value_or(deadline));
}

void Endpoints::drain(Clock::time_point deadline)
{
    const auto over = [this]
    {
        return socket_->unwritten() == 0 || is_forsaken();
    };
    socket_->wait(over, drained_by(deadline));
}

/// While it closes: nobody is there, and nobody will come, for what is not written.
bool Endpoints::is_forsaken() const
{
    if (connections_.size() > 0)
    {
        return false;
    }
    const std::lock_guard guard(mutex_);
    return std::none_of(openings_.begin(), openings_.end(),
                        [](const Opening& opening)
                        {
                            return opening.dialer && opening.entry->status != EndpointState::Status::failed;
                        });
}

std::optional<CloseReport> Endpoints::try_finish_close(Clock::time_point end)
{
    end = drained_by(end);
    if (socket_->unwritten() > 0 && Clock::now() < end && !is_forsaken())
    {
        socket_->set_alarm(end);
        return std::nullopt;
    }
    std::unique_lock lock(close_mutex_, std::try_to_lock);
    if (!lock)
    {
        // Whoever has it tells when the socket is closed.
        return std::nullopt;
    }
    const CloseReport report = finish(std::nullopt);
    lock.unlock();
    end_events();
    socket_->notify();
    return report;
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
    end_events();
    socket_->notify();
    return report;
}

/// Monitors have no more to tell as soon as all is closed and the last connection has gone.
void Endpoints::end_events() noexcept
{
    if (finished_ && closings_ == 0 && connections_.size() == 0)
    {
        reporter_.end();
    }
}

/// `close` on that loop, as Driver::run() does.
template <class Close>
void Endpoints::run_closing(Loop& loop, Close close, bool wait)
{
    ++closings_;
    try
    {
        driver_.run(
            loop,
            [this, close]
            {
                close();
                --closings_;
                end_events();
            },
            wait);
    }
    catch (...)
    {
        --closings_;
        throw;
    }
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
        finished_ = true;
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
    std::vector<Opening> openings;
    {
        const std::lock_guard guard(mutex_);
        phase_ = Phase::closed;
        openings = openings_;
    }
    for (const Opening& opening : openings)
    {
        if (opening.listener)
        {
            run_closing(
                opening.listener->loop(),
                [listener = opening.listener]
                {
                    listener->close();
                },
                true);
        }
    }
    // Not before: what had no memory to close is closed by the next call.
    const std::lock_guard guard(mutex_);
    std::erase_if(openings_,
                  [](const Opening& opening)
                  {
                      return opening.listener != nullptr;
                  });
}

void Endpoints::stop_dialling(bool wait)
{
    std::vector<Opening> openings;
    {
        const std::lock_guard guard(mutex_);
        openings = openings_;
    }
    for (const Opening& opening : openings)
    {
        if (opening.dialer)
        {
            run_closing(
                opening.dialer->loop(),
                [dialer = opening.dialer]
                {
                    dialer->close();
                },
                wait);
        }
    }
}

void Endpoints::close_connections(std::optional<Clock::time_point> deadline)
{
    const Failure closed = make_failure(SF_CANCELLED, errc::terminated, "the socket was closed");
    for (const auto& connection : connections_.close())
    {
        if (driver_.hosted())
        {
            driver_.run(
                connection->loop(),
                [connection, closed]
                {
                    connection->close_finally(closed);
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
