#include "engine/endpoints.hpp"

#include <spaceframe/socket.hpp>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <new>
#include <string>
#include <utility>

namespace spaceframe
{
namespace
{

/// `reason`: what the code does not say.
[[noreturn]] void fail(const error_code& error, const engine::SocketCore& core,
                       const std::string& reason = {})
{
    throw boost::system::system_error(error, core.description().name + (reason.empty() ? "" : ": " + reason));
}

void check(const error_code& error, const engine::SocketCore& core)
{
    if (error)
    {
        fail(error, core);
    }
}

/// "a sub does not send"
std::string denial(const engine::SocketCore& core, const std::string& action)
{
    const std::string_view pattern = core.row().name;
    return (pattern.front() == 'x' ? "an " : "a ") + std::string(pattern) + " does not " + action;
}

/// What is asked of a message that could not be sent.
struct Unsent
{
    std::size_t frames = 0;
    std::uint64_t charge = 0;

    static Unsent of(const Message& message, const engine::SocketCore& core)
    {
        // A router's budget does not pay for the address.
        const std::size_t first = core.row().outbound == pattern::Outbound::route ? 1 : 0;
        Unsent unsent{message.size(), 0};
        for (std::size_t i = first; i < message.size(); ++i)
        {
            unsent.charge += message[i].size() + engine::frame_charge;
        }
        return unsent;
    }
    static Unsent of(Bytes body)
    {
        return {1, body.size() + engine::frame_charge};
    }
};

std::string why_not_sent(const error_code& error, const engine::SocketCore& core, const Unsent& unsent)
{
    if (error == errc::too_large)
    {
        return fmt::format("the message takes {} bytes of a budget that has {} in all", unsent.charge,
                           core.largest_permit());
    }
    if (error == errc::not_supported && core.row().outbound == pattern::Outbound::none)
    {
        return denial(core, "send");
    }
    if (error == errc::invalid_argument && unsent.frames == 0)
    {
        return "a message needs at least one frame";
    }
    if (error == errc::invalid_argument && unsent.frames == 1 &&
        core.row().outbound == pattern::Outbound::route)
    {
        return "a router's message begins with the peer's identity and needs a frame behind it";
    }
    return {};
}

void check_send(const error_code& error, const engine::SocketCore& core, const Unsent& unsent)
{
    if (error)
    {
        fail(error, core, why_not_sent(error, core, unsent));
    }
}

void check_receive(const error_code& error, const engine::SocketCore& core)
{
    if (error)
    {
        const bool never = error == errc::not_supported && core.row().inbound == pattern::Inbound::none;
        fail(error, core, never ? denial(core, "receive") : std::string());
    }
}

void check_subscription(const error_code& error, const engine::SocketCore& core)
{
    if (error)
    {
        const char* const unless = core.row().name == "xpub" ? " without xpub_manual" : "";
        fail(error, core, error == errc::not_supported ? denial(core, "subscribe") + unless : std::string());
    }
}

Bytes as_bytes(std::string_view text) noexcept
{
    return std::as_bytes(std::span(text.data(), text.size()));
}

Message message_of(std::initializer_list<detail::Text> texts)
{
    Message message;
    message.reserve(texts.size());
    for (const std::string_view text : texts)
    {
        message.push_back(text);
    }
    return message;
}

/// The only frame of a message goes at once if it can. True: it went.
bool send_at_once(engine::SocketCore& core, Bytes bytes, error_code& error) noexcept
{
    error.clear();
    return core.send_at_once(
        {nullptr, reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size(), 0, 0});
}

std::size_t receive_some(engine::SocketCore& core, std::span<Message> messages, Timeout timeout,
                         error_code& error)
{
    try
    {
        return core.receive(messages, timeout, error);
    }
    catch (const std::bad_alloc&)
    {
        error = errc::no_memory;
        return 0;
    }
}

} // namespace

Cork::Cork(std::shared_ptr<engine::Endpoints> endpoints) : endpoints_(std::move(endpoints))
{
    endpoints_->socket().cork();
}

Cork::Cork(Cork&& other) noexcept = default;

Cork::~Cork()
{
    if (endpoints_)
    {
        endpoints_->socket().uncork();
    }
}

Socket::Socket(std::shared_ptr<engine::Endpoints> endpoints) : endpoints_(std::move(endpoints))
{}

engine::SocketCore& Socket::core() const noexcept
{
    return endpoints_->socket();
}

const std::string& Socket::name() const noexcept
{
    return core().description().name;
}

std::string_view Socket::pattern() const noexcept
{
    return core().row().name;
}

void Socket::subscribe(std::string_view topic)
{
    error_code error;
    subscribe(topic, error);
    check_subscription(error, core());
}

void Socket::subscribe(std::string_view topic, error_code& error)
{
    core().change_subscription(topic, false, error);
}

void Socket::unsubscribe(std::string_view topic)
{
    error_code error;
    unsubscribe(topic, error);
    check_subscription(error, core());
}

void Socket::unsubscribe(std::string_view topic, error_code& error)
{
    core().change_subscription(topic, true, error);
}

std::size_t Socket::topics_count() const
{
    return core().topics();
}

bool Socket::wait_for_subscribers(std::string_view topic, std::size_t count, Timeout timeout)
{
    error_code error;
    const bool enough = core().wait_for_subscribers(topic, count, timeout, error);
    if (error == errc::not_supported)
    {
        fail(error, core(), denial(core(), "have subscribers"));
    }
    if (error == errc::would_deadlock)
    {
        fail(error, core());
    }
    return enough;
}

void Socket::send(Message&& message)
{
    error_code error;
    send(std::move(message), error);
    // NOLINTNEXTLINE(bugprone-use-after-move): on failure it is as it was
    check_send(error, core(), error ? Unsent::of(message, core()) : Unsent());
}

void Socket::send(Message&& message, error_code& error)
{
    send(std::move(message), core().send_timeout(), error);
}

void Socket::send(Message&& message, Timeout timeout, error_code& error)
{
    if (message.size() == 1 && send_at_once(core(), message.front().bytes(), error))
    {
        message.clear();
        return;
    }
    engine::MessageSource source({&message, 1});
    core().send(source, timeout, error);
}

void Socket::send(Bytes bytes)
{
    error_code error;
    send(bytes, error);
    check_send(error, core(), Unsent::of(bytes));
}

void Socket::send(Bytes bytes, error_code& error)
{
    send(bytes, core().send_timeout(), error);
}

void Socket::send(Bytes bytes, Timeout timeout, error_code& error)
{
    if (send_at_once(core(), bytes, error))
    {
        return;
    }
    engine::BodySource source({&bytes, 1});
    core().send(source, timeout, error);
}

void Socket::send(std::string_view text)
{
    send(as_bytes(text));
}

void Socket::send(std::string_view text, error_code& error)
{
    send(as_bytes(text), error);
}

void Socket::send(std::string_view text, Timeout timeout, error_code& error)
{
    send(as_bytes(text), timeout, error);
}

void Socket::send(std::initializer_list<detail::Text> texts)
{
    send(message_of(texts));
}

void Socket::send(std::initializer_list<detail::Text> texts, error_code& error)
{
    send(message_of(texts), error);
}

void Socket::send(std::initializer_list<detail::Text> texts, Timeout timeout, error_code& error)
{
    send(message_of(texts), timeout, error);
}

std::size_t Socket::send_batch(std::span<Message> messages, Timeout timeout, error_code& error)
{
    engine::MessageSource source(messages);
    return core().send(source, timeout, error);
}

std::size_t Socket::send_batch(std::span<Message> messages, error_code& error)
{
    return send_batch(messages, core().send_timeout(), error);
}

std::size_t Socket::send_batch(std::span<Message> messages)
{
    error_code error;
    const std::size_t sent = send_batch(messages, error);
    check_send(error, core(), sent < messages.size() ? Unsent::of(messages[sent], core()) : Unsent());
    return sent;
}

std::size_t Socket::send_batch(std::span<const Bytes> bodies, Timeout timeout, error_code& error)
{
    engine::BodySource source(bodies);
    return core().send(source, timeout, error);
}

std::size_t Socket::send_batch(std::span<const Bytes> bodies, error_code& error)
{
    return send_batch(bodies, core().send_timeout(), error);
}

std::size_t Socket::send_batch(std::span<const Bytes> bodies)
{
    error_code error;
    const std::size_t sent = send_batch(bodies, error);
    check_send(error, core(), sent < bodies.size() ? Unsent::of(bodies[sent]) : Unsent());
    return sent;
}

Message Socket::receive()
{
    Message message;
    error_code error;
    receive(message, error);
    check_receive(error, core());
    return message;
}

Message Socket::receive(Timeout timeout)
{
    Message message;
    error_code error;
    receive(message, timeout, error);
    check_receive(error, core());
    return message;
}

bool Socket::receive(Message& message, error_code& error)
{
    return receive(message, core().recv_timeout(), error);
}

bool Socket::receive(Message& message, Timeout timeout, error_code& error)
{
    error.clear();
    return core().receive_at_once(message) || receive_some(core(), {&message, 1}, timeout, error) == 1;
}

std::size_t Socket::receive_batch(std::span<Message> messages, Timeout timeout, error_code& error)
{
    return receive_some(core(), messages, timeout, error);
}

std::size_t Socket::receive_batch(std::span<Message> messages, error_code& error)
{
    return receive_batch(messages, core().recv_timeout(), error);
}

std::size_t Socket::receive_batch(std::span<Message> messages)
{
    error_code error;
    const std::size_t count = receive_batch(messages, error);
    if (error == errc::invalid_argument && messages.empty())
    {
        fail(error, core(), "an empty batch has no room for a message");
    }
    check_receive(error, core());
    return count;
}

Message Socket::receive_returned()
{
    Message message;
    error_code error;
    receive_returned(message, core().recv_timeout(), error);
    if (error)
    {
        fail(error, core(),
             error == errc::not_supported ? "nothing returns without on_peer_loss return" : "");
    }
    return message;
}

bool Socket::receive_returned(Message& message, Timeout timeout, error_code& error)
{
    try
    {
        return core().receive_returned(message, timeout, error);
    }
    catch (const std::bad_alloc&)
    {
        error = errc::no_memory;
        return false;
    }
}

Cork Socket::cork()
{
    return Cork(endpoints_);
}

void Socket::flush()
{
    error_code error;
    flush(core().send_timeout(), error);
    check(error, core());
}

void Socket::flush(Timeout timeout, error_code& error)
{
    core().flush(timeout, error);
}

CloseReport Socket::close(Timeout deadline)
{
    return endpoints_->close(engine::deadline_after(deadline));
}

Ledger Socket::ledger() const
{
    return core().ledger();
}

BudgetState Socket::budget() const
{
    return core().budget();
}

} // namespace spaceframe
