#include "engine/dialer.hpp"

#include <boost/system/system_error.hpp>

#include <new>
#include <optional>
#include <utility>

namespace spaceframe::engine
{

Dialer::Dialer(Loop& loop, std::shared_ptr<SocketCore> socket, std::shared_ptr<Stack> stack,
               ConnectionSet& connections)
    : loop_(loop)
    , socket_(std::move(socket))
    , stack_(std::move(stack))
    , connections_(connections)
    , schedule_(make_schedule(stack_->description, stack_->reporter.host()))
    , life_(*schedule_.get_deleter().table, schedule_.get())
    , timer_(loop)
{}

Event Dialer::event(Event::Kind kind) const
{
    return stack_->reporter.event(kind, stack_->description.uri, loop_.index());
}

void Dialer::open()
{
    if (life_.state() == LifeState::closed)
    {
        throw boost::system::system_error(make_error_code(errc::terminated), stack_->description.uri);
    }
    peer_ = socket_->add_durable_peer(stack_->description.settings, stack_->endpoint);
    go_on(life_.start(), {});
}

void Dialer::close()
{
    if (life_.state() != LifeState::closed)
    {
        life_.close();
        stack_->reporter.report(event(Event::Kind::closed));
    }
    timer_.cancel();
    if (dial_ != nullptr)
    {
        stack_->transport.dial_cancel(dial_);
    }
}

void Dialer::disconnect()
{
    const std::shared_ptr<Connection> connection = connection_.lock();
    if (connection)
    {
        connection->post_close(
            make_failure(SF_CANCELLED, errc::disconnected, "the host closed the endpoint"));
    }
    leaving_ = true;
    close();
    if (!connection)
    {
        leave();
    }
}

/// What waits for the endpoint is for others, or for nobody.
void Dialer::leave() noexcept
{
    try
    {
        if (const auto peer = std::exchange(peer_, std::nullopt))
        {
            socket_->remove_durable_peer(*peer);
        }
    }
    catch (const std::bad_alloc&)
    {
        // What waits for it is discarded, and counted, when the socket is closed.
        return;
    }
}

void Dialer::dial()
{
    stack_->reporter.report(event(Event::Kind::connecting));
    if (life_.state() == LifeState::closed)
    {
        // Whoever was told has closed it.
        return;
    }
    dial_wait_ = shared_from_this();
    if (const sf_status status =
            stack_->transport.dial(stack_->transport_instance, &loop_, stack_->description.address.c_str(),
                                   &Dialer::on_dialed, this, &dial_);
        status != SF_OK)
    {
        dialed(status, nullptr);
    }
}

void Dialer::on_dialed(void* context, sf_status status, sf_stream* stream)
{
    Dialer& self = *static_cast<Dialer*>(context);
    const auto keep = self.dial_wait_;
    try
    {
        self.dialed(status, stream);
    }
    catch (...)
    {
        self.give_up();
    }
}

/// There was no memory to go on; another dial may find some.
void Dialer::give_up() noexcept
{
    try
    {
        const Failure failure = make_failure(SF_NO_MEMORY, errc::no_memory, "there is no memory to connect");
        follow(life_.ended(failure), failure);
    }
    catch (...)
    {
        fail();
    }
}

/// Nor to try again.
void Dialer::fail() noexcept
{
    life_.close();
    stop(out_of_memory());
}

/// Nobody shall wait for it.
void Dialer::stop(const Failure& failure) noexcept
{
    stack_->reporter.report(event(Event::Kind::stopped), failure);
    on_progress(Progress::failed, failure.code ? failure.code : make_error_code(errc::connection_closed));
    leave();
}

/// As follow(), but a dial for which there is no memory has failed like any other.
void Dialer::go_on(const Life::Next& next, const Failure& failure) noexcept
{
    try
    {
        follow(next, failure);
    }
    catch (...)
    {
        give_up();
    }
}

void Dialer::dialed(sf_status status, sf_stream* stream)
{
    const auto self = std::exchange(dial_wait_, nullptr);
    dial_ = nullptr;
    if (status != SF_OK)
    {
        const Failure failure = take_failure(status);
        if (life_.state() != LifeState::closed)
        {
            {
                const std::lock_guard guard(socket_->lock());
                ++socket_->counters.failures;
            }
            stack_->reporter.report(event(Event::Kind::failed), failure);
            follow(life_.ended(failure), failure);
        }
        return;
    }
    StreamPtr owned(stream, {&stack_->transport});
    if (life_.state() == LifeState::closed)
    {
        return;
    }
    life_.dialled();
    Connection::EndHandler ended =
        [self](const std::shared_ptr<Connection>& connection, const Failure& failure, bool ready)
    {
        connection->on_ready = nullptr;
        self->connection_.reset();
        self->connections_.remove(connection);
        self->socket_->notify();
        if (self->leaving_)
        {
            self->leave();
            return;
        }
        if (ready)
        {
            self->on_progress(Progress::lost, {});
        }
        self->go_on(self->life_.ended(failure), failure);
    };
    const auto connection =
        std::make_shared<Connection>(loop_, socket_, stack_, std::move(owned), false, peer_);
    if (!connections_.add(connection))
    {
        return;
    }
    connection->on_ready = [this]
    {
        life_.ready();
        if (life_.successes() > 1)
        {
            const std::lock_guard guard(socket_->lock());
            ++socket_->counters.reconnects;
        }
        on_progress(Progress::ready, {});
    };
    connection_ = connection;
    connection->start(std::move(ended));
}

void Dialer::follow(const Life::Next& next, const Failure& failure)
{
    switch (next.step)
    {
    case Life::Step::none:
        return;
    case Life::Step::dial:
        dial();
        return;
    case Life::Step::wait:
    {
        Event retrying = event(Event::Kind::retrying);
        retrying.delay = next.delay;
        stack_->reporter.report(retrying, failure);
        if (life_.state() == LifeState::closed)
        {
            return;
        }
        try
        {
            timer_.start(deadline_after(next.delay),
                         [weak = weak_from_this()](const error_code& error)
                         {
                             const auto self = weak.lock();
                             if (!error && self)
                             {
                                 self->go_on(self->life_.delay_passed(), {});
                             }
                         });
        }
        catch (const std::bad_alloc&)
        {
            fail();
        }
        return;
    }
    case Life::Step::stop:
        stop(failure);
        return;
    }
}

} // namespace spaceframe::engine
