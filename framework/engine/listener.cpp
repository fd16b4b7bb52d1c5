#include "engine/listener.hpp"

#include <boost/system/system_error.hpp>

#include <array>
#include <new>
#include <utility>

namespace spaceframe::engine
{

Listener::Listener(Driver& driver, Loop& loop, std::shared_ptr<SocketCore> socket,
                   std::shared_ptr<Stack> stack, ConnectionSet& connections)
    : driver_(driver)
    , loop_(loop)
    , socket_(std::move(socket))
    , stack_(std::move(stack))
    , connections_(connections)
{}

Event Listener::event(Event::Kind kind) const
{
    return stack_->reporter.event(kind, stack_->endpoint, loop_.index());
}

void Listener::open()
{
    if (closed_)
    {
        throw boost::system::system_error(make_error_code(errc::terminated), stack_->description.uri);
    }
    const manifest::Endpoint& endpoint = stack_->description;
    const std::string where = endpoint.position + ": cannot bind " + endpoint.uri;
    if (const sf_status status =
            stack_->transport.listen(stack_->transport_instance, &loop_, endpoint.address.c_str(),
                                     &Listener::on_accepted, this, &handle_);
        status != SF_OK)
    {
        throw_failure(status, where);
    }
    std::array<char, 256> address{};
    if (const sf_result size = stack_->transport.listener_address(handle_, address.data(), address.size());
        size < 0)
    {
        throw_failure(static_cast<sf_status>(-size), where);
    }
    stack_->endpoint = endpoint.scheme + "://" + address.data();
}

void Listener::announce() noexcept
{
    announced_ = true;
    stack_->reporter.report(event(Event::Kind::bound));
}

void Listener::close() noexcept
{
    closed_ = true;
    if (handle_ != nullptr)
    {
        stack_->transport.listener_close(std::exchange(handle_, nullptr));
    }
    if (std::exchange(announced_, false))
    {
        stack_->reporter.report(event(Event::Kind::unbound));
    }
}

void Listener::on_accepted(void* context, sf_status status, sf_stream* stream)
{
    Listener& self = *static_cast<Listener*>(context);
    if (status != SF_OK)
    {
        self.stack_->reporter.report(self.event(Event::Kind::failed), take_failure(status));
        return;
    }
    StreamPtr owned(stream, {&self.stack_->transport});
    std::shared_ptr<Connection> connection;
    try
    {
        Connection::EndHandler ended = [&set = self.connections_, socket = self.socket_](
                                           const auto& closed, const Failure& /*failure*/, bool /*ready*/)
        {
            set.remove(closed);
            socket->notify();
        };
        Loop& loop = self.driver_.next_loop();
        connection = std::make_shared<Connection>(loop, self.socket_, self.stack_, std::move(owned), true,
                                                  std::nullopt);
        if (!self.connections_.add(connection))
        {
            return;
        }
        auto start = [connection, ended = std::move(ended)]() mutable
        {
            connection->start(std::move(ended));
        };
        if (loop.running_here())
        {
            start();
        }
        else
        {
            loop.post(std::move(start));
        }
    }
    catch (...)
    {
        if (connection)
        {
            self.connections_.remove(connection);
        }
        self.stack_->reporter.report(self.event(Event::Kind::failed), out_of_memory());
    }
}

} // namespace spaceframe::engine
