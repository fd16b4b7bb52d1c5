#pragma once

#include <spaceframe/detail/operation.hpp>
#include <spaceframe/monitor.hpp>
#include <spaceframe/socket.hpp>

#include <boost/asio/associated_allocator.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/recycling_allocator.hpp>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

// What async.hpp is made of; not for hosts.
namespace spaceframe::detail
{

// What each call asks for, keeps, and tells its handler.

struct TellsError
{
    using Signature = void(error_code);

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error);
    }
};

struct TellsCount
{
    using Signature = void(error_code, std::size_t);

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error, outcome.count);
    }
};

struct SendLent : TellsError
{
    Message* message;

    Request request() noexcept
    {
        return {Request::Kind::send, {message, 1}};
    }
};

struct SendOwned : TellsError
{
    Message message;

    Request request() noexcept
    {
        return {Request::Kind::send, {&message, 1}};
    }
};

struct SendBatch : TellsCount
{
    std::span<Message> messages;

    Request request() noexcept
    {
        return {Request::Kind::send, messages};
    }
};

template <Request::Kind Kind>
struct ReceiveMessage
{
    using Signature = void(error_code, Message);
    Message message = {};

    Request request() noexcept
    {
        return {Kind, {&message, 1}};
    }

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error, std::move(message));
    }
};

using ReceiveOne = ReceiveMessage<Request::Kind::receive>;
using ReceiveReturned = ReceiveMessage<Request::Kind::returned>;

struct ReceiveBatch : TellsCount
{
    std::span<Message> messages;

    Request request() noexcept
    {
        return {Request::Kind::receive, messages};
    }
};

struct NextEvent
{
    using Signature = void(error_code, MonitorEvent);
    Monitor monitor;
    MonitorEvent event = {};

    Request request() noexcept
    {
        Request wanted{Request::Kind::event};
        wanted.monitored = queue_of(monitor);
        wanted.event = &event;
        return wanted;
    }

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error, std::move(event));
    }
};

struct AwaitPeers : TellsError
{
    std::size_t count;

    Request request() noexcept
    {
        return {Request::Kind::peers, {}, count};
    }
};

struct AwaitSubscribers : TellsError
{
    std::string topic;
    std::size_t count;

    Request request() noexcept
    {
        return {Request::Kind::subscribers, {}, count, {}, topic};
    }
};

struct AwaitEndpoint : TellsError
{
    std::string endpoint;

    Request request() noexcept
    {
        return {Request::Kind::endpoint, {}, 0, {}, endpoint};
    }
};

struct OpenEndpoint
{
    std::string endpoint;
    Opening opening;

    Request request() noexcept
    {
        Request wanted{Request::Kind::endpoint, {}, 0, {}, endpoint};
        wanted.opening = &opening;
        return wanted;
    }
};

struct Bind : OpenEndpoint
{
    using Signature = void(error_code, std::string);

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error, std::move(opening.bound));
    }
};

struct Connect : OpenEndpoint
{
    using Signature = void(error_code);

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error);
    }
};

struct Flush : TellsError
{
    Request request() noexcept
    {
        return {Request::Kind::flush};
    }
};

struct Close
{
    using Signature = void(error_code, CloseReport);
    std::chrono::steady_clock::time_point until;
    CloseReport report = {};

    Request request() noexcept
    {
        Request wanted{Request::Kind::close};
        wanted.until = until;
        wanted.report = &report;
        return wanted;
    }

    template <class Handler>
    void finish(Handler& handler, const Request& outcome)
    {
        std::move(handler)(outcome.error, report);
    }
};

/// Several sockets that close at once, and one handler.
template <class Handler>
class CloseAll
{
public:
    CloseAll(Handler&& handler, std::size_t sockets) : handler_(std::move(handler)), left_(sockets)
    {}

    /// One is over. True: it was the last.
    bool over(const error_code& error, const CloseReport& report)
    {
        const std::lock_guard guard(mutex_);
        error_ = error_ ? error_ : error;
        report_.complete = report_.complete && report.complete && !error;
        report_.discarded += report.discarded;
        report_.undelivered += report.undelivered;
        return --left_ == 0;
    }

    void finish()
    {
        Handler handler(std::move(handler_));
        std::move(handler)(error_, report_);
    }

private:
    Handler handler_;
    std::mutex mutex_;
    std::size_t left_;
    error_code error_;
    CloseReport report_;
};

template <class Handler>
auto allocator_of(const Handler& handler) noexcept
{
    return boost::asio::get_associated_allocator(handler, boost::asio::recycling_allocator<void>());
}

/// The end of a call that was done at once.
template <class Handler, class Call>
struct Immediate
{
    using allocator_type = decltype(allocator_of(std::declval<const Handler&>()));

    allocator_type get_allocator() const noexcept
    {
        return allocator_of(handler);
    }

    void operator()()
    {
        call.finish(handler, outcome);
    }

    Handler handler;
    Call call;
    Request outcome;
};

/// A call that waits, in memory of its handler's allocator. It owns itself until its end reaches the
/// handler's executor.
template <class Handler, class Call>
class Pending final : public Operation
{
public:
    /// `tried`: how far the call has got.
    static void start(const Socket& socket, Handler&& handler, Call&& call, const Request& tried)
    {
        Allocator allocator(allocator_of(handler));
        Pending* memory = Traits::allocate(allocator, 1);
        Pending* made = nullptr;
        try
        {
            made = new (memory) Pending(socket, std::move(handler), std::move(call));
        }
        catch (...)
        {
            Traits::deallocate(allocator, memory, 1);
            throw;
        }
        Owner owner(made);
        made->go_on_from(tried);
        made->listen_for_cancellation();
        start_operation(socket, *owner.release());
    }

    void complete() noexcept override
    {
        references_.fetch_add(1);
        Owner self(this);
        try
        {
            boost::asio::post(work_.get_executor(), End{Owner(this), allocator_});
            return;
        }
        catch (...)
        {
            // There is no memory to post the end.
        }
        const Socket socket = socket_;
        try
        {
            // Better on the wrong thread than never.
            End{std::move(self), allocator_}();
        }
        catch (...)
        {
            report_escape(socket);
        }
    }

private:
    using Allocator = typename std::allocator_traits<decltype(allocator_of(
        std::declval<const Handler&>()))>::template rebind_alloc<Pending>;
    using Traits = std::allocator_traits<Allocator>;
    using Executor = boost::asio::associated_executor_t<Handler, boost::asio::any_io_executor>;

    struct Destroy
    {
        void operator()(Pending* pending) const noexcept
        {
            if (pending->references_.fetch_sub(1) != 1)
            {
                return;
            }
            Allocator allocator(pending->allocator_);
            pending->~Pending();
            Traits::deallocate(allocator, pending, 1);
        }
    };
    using Owner = std::unique_ptr<Pending, Destroy>;

    struct End
    {
        using allocator_type = decltype(allocator_of(std::declval<const Handler&>()));

        allocator_type get_allocator() const noexcept
        {
            return allocator;
        }

        void operator()()
        {
            boost::asio::get_associated_cancellation_slot(owner->handler_).clear();
            Handler handler(std::move(owner->handler_));
            Call call(std::move(owner->call_));
            const Request outcome = static_cast<const Request&>(*owner);
            const auto work = std::move(owner->work_);
            owner.reset();
            call.finish(handler, outcome);
        }

        Owner owner;
        allocator_type allocator;
    };

    Pending(const Socket& socket, Handler&& handler, Call&& call)
        : Operation({Request::Kind::flush})
        , socket_(socket)
        , handler_(std::move(handler))
        , call_(std::move(call))
        , allocator_(allocator_of(handler_))
        , work_(boost::asio::get_associated_executor(handler_, executor_of(socket)))
    {
        static_cast<Request&>(*this) = call_.request();
    }

    void go_on_from(const Request& tried) noexcept
    {
        if (kind == Request::Kind::send && tried.count > 0)
        {
            messages = tried.messages;
            count = tried.count;
        }
    }

    void listen_for_cancellation()
    {
        auto slot = boost::asio::get_associated_cancellation_slot(handler_);
        if (slot.is_connected())
        {
            const bool single = call_.request().messages.size() < 2;
            slot.assign(
                [this, single](boost::asio::cancellation_type type)
                {
                    using Type = boost::asio::cancellation_type;
                    if ((type & (Type::terminal | Type::partial)) != Type::none ||
                        ((type & Type::total) != Type::none && single))
                    {
                        cancel_operation(socket_, *this);
                    }
                });
        }
    }

    Socket socket_;
    Handler handler_;
    Call call_;
    typename End::allocator_type allocator_;
    std::atomic<int> references_{1};
    boost::asio::executor_work_guard<Executor> work_;
};

template <class Call, class Token>
auto initiate(const Socket& socket, Call call, Token&& token)
{
    return boost::asio::async_initiate<Token, typename Call::Signature>(
        [](auto handler, const Socket& target, Call begun)
        {
            using Handler = decltype(handler);
            Request request = begun.request();
            if (!try_request(target, request))
            {
                Pending<Handler, Call>::start(target, std::move(handler), std::move(begun), request);
                return;
            }
            const auto executor = boost::asio::get_associated_executor(handler, executor_of(target));
            boost::asio::post(executor,
                              Immediate<Handler, Call>{std::move(handler), std::move(begun), request});
        },
        token, socket, std::move(call));
}

} // namespace spaceframe::detail
