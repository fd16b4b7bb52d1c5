#pragma once

#include <spaceframe/config.hpp>
#include <spaceframe/error.hpp>
#include <spaceframe/message.hpp>
#include <spaceframe/option_value.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{
struct CloseReport;
struct MonitorEvent;
class Monitor;
class Socket;
namespace engine
{
class EventQueue;
}
} // namespace spaceframe

// What async.hpp is made of; not for hosts.
namespace spaceframe::detail
{

/// An endpoint that a call opens.
struct Opening
{
    bool bind;
    std::vector<Option> options = {}; ///< for it alone
    std::shared_ptr<void> state = {}; ///< the kernel's, as soon as it is being opened
    std::string bound = {};           ///< as it listens, in the end
};

/// An asynchronous call of a socket: what it wants, and what became of it.
struct Request
{
    enum class Kind : std::uint8_t
    {
        send,
        receive,
        peers, ///< until there are `count` of them
        flush,
        subscribers, ///< until a message that begins with `topic` would go to `count` peers
        close,       ///< the end: when all is written, or at `until`
        endpoint,    ///< until the one that `topic` names, or `opening`, is ready
        returned,    ///< a message that a lost peer has left
        event,       ///< the next one of `monitored`
    };

    Kind kind;
    std::span<Message> messages = {}; ///< not sent yet, or to be filled
    std::size_t count = 0;            ///< messages that were sent or received
    error_code error = {};
    std::string_view topic = {};
    std::chrono::steady_clock::time_point until = {};
    CloseReport* report = nullptr;
    Opening* opening = nullptr;
    engine::EventQueue* monitored = nullptr;
    MonitorEvent* event = nullptr;
};

/// A call that waits. Guarded by the socket from start_operation() to complete().
class Operation : public Request
{
public:
    explicit Operation(const Request& request) noexcept : Request(request)
    {}
    Operation(const Operation&) = delete;
    Operation& operator=(const Operation&) = delete;
    virtual ~Operation() = default;

    /// [any, never under a lock] It is over, once. Passes the outcome on to the handler's executor.
    virtual void complete() noexcept = 0;

    enum class State : std::uint8_t
    {
        waiting,
        tried,     ///< somebody tries it now
        cancelled, ///< while it was being tried
        over,
    };

    State state = State::waiting;
    Operation* next = nullptr;
};

/// [any] Does what can be done without waiting. True: that was all, or it failed.
SPACEFRAME_API bool try_request(const Socket& socket, Request& request) noexcept;
/// [any] Sees to it that the operation is completed.
SPACEFRAME_API void start_operation(const Socket& socket, Operation& operation) noexcept;
/// [any] Completes an operation with boost::asio::error::operation_aborted unless it is over. What it has not
/// sent is not sent.
SPACEFRAME_API void cancel_operation(const Socket& socket, Operation& operation) noexcept;
/// [any] Inside a catch clause: logs what a handler of this socket threw where nobody else can catch it.
SPACEFRAME_API void report_escape(const Socket& socket) noexcept;
/// The moment `timeout` from now, or the end of time.
SPACEFRAME_API std::chrono::steady_clock::time_point end_of(std::chrono::nanoseconds timeout) noexcept;
/// What a monitor reads from, and whom it watches.
SPACEFRAME_API engine::EventQueue* queue_of(const Monitor& monitor) noexcept;
SPACEFRAME_API const Socket& socket_of(const Monitor& monitor) noexcept;
/// Where handlers run that have no executor of their own.
SPACEFRAME_API boost::asio::any_io_executor executor_of(const Socket& socket);

} // namespace spaceframe::detail
