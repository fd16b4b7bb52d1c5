#include "engine/waiting.hpp"

#include "engine/event_queue.hpp"
#include "engine/failure.hpp"
#include "engine/socket_core.hpp"

#include <boost/asio/error.hpp>

#include <new>
#include <utility>

namespace spaceframe::engine
{

using detail::Operation;
using detail::Request;
using State = Operation::State;

void Waiting::List::push_back(Operation& operation) noexcept
{
    operation.next = nullptr;
    (last == nullptr ? first : last->next) = &operation;
    last = &operation;
}

void Waiting::List::remove(Operation& operation) noexcept
{
    Operation* before = nullptr;
    for (Operation* at = first; at != &operation; at = at->next)
    {
        before = at;
    }
    (before == nullptr ? first : before->next) = operation.next;
    if (last == &operation)
    {
        last = before;
    }
}

bool Waiting::try_now(Request& request) noexcept
{
    if (count_.load() > 0)
    {
        const std::lock_guard guard(mutex_);
        const auto kind = static_cast<std::size_t>(request.kind);
        if (lists_[kind].first != nullptr || completing_[kind])
        {
            return false;
        }
    }
    return attempt(request);
}

void Waiting::start(Operation& operation) noexcept
{
    {
        const std::lock_guard guard(mutex_);
        lists_[static_cast<std::size_t>(operation.kind)].push_back(operation);
        count_.fetch_add(1);
    }
    try_all();
}

void Waiting::cancel(Operation& operation) noexcept
{
    {
        const std::lock_guard guard(mutex_);
        if (operation.state != State::waiting)
        {
            operation.state = operation.state == State::tried ? State::cancelled : operation.state;
            return;
        }
        operation.state = State::over;
        lists_[static_cast<std::size_t>(operation.kind)].remove(operation);
        count_.fetch_sub(1);
    }
    operation.error = boost::asio::error::operation_aborted;
    operation.complete();
    // What the cancelled one was first in line for may suit the next.
    notify();
}

void Waiting::try_all() noexcept
{
    std::uint64_t unused = 0;
    {
        std::unique_lock lock(mutex_);
        again_ = true;
        if (trying_)
        {
            return;
        }
        trying_ = true;
        trying_thread_ = std::this_thread::get_id();
        while (std::exchange(again_, false))
        {
            for (std::size_t kind = 0; kind < kinds; ++kind)
            {
                const bool in_order = kind == static_cast<std::size_t>(Request::Kind::send) ||
                                      kind == static_cast<std::size_t>(Request::Kind::receive) ||
                                      kind == static_cast<std::size_t>(Request::Kind::returned) ||
                                      kind == static_cast<std::size_t>(Request::Kind::event);
                List over;
                try_list(lists_[kind], in_order, over, lock);
                complete_all(kind, over, lock);
            }
        }
        trying_ = false;
        tried_.notify_all();
        if (lists_[static_cast<std::size_t>(Request::Kind::send)].first == nullptr)
        {
            unused = std::exchange(permit_, 0);
        }
    }
    socket_.permits().release(unused);
}

void Waiting::settle()
{
    std::unique_lock lock(mutex_);
    tried_.wait(lock,
                [this]
                {
                    return !trying_ || trying_thread_ == std::this_thread::get_id();
                });
}

/// Until they are complete, no other of their kind may overtake them.
void Waiting::complete_all(std::size_t kind, List& over, std::unique_lock<std::mutex>& lock) noexcept
{
    if (over.first == nullptr)
    {
        return;
    }
    completing_[kind] = true;
    lock.unlock();
    std::size_t completed = 0;
    while (over.first != nullptr)
    {
        Operation& operation = *over.first;
        over.first = operation.next;
        operation.complete();
        ++completed;
    }
    lock.lock();
    completing_[kind] = false;
    count_.fetch_sub(completed);
}

/// `in_order`: when one has to wait, so have those behind it.
void Waiting::try_list(List& list, bool in_order, List& over, std::unique_lock<std::mutex>& lock) noexcept
{
    for (Operation* operation = list.first; operation != nullptr;)
    {
        operation->state = State::tried;
        lock.unlock();
        const bool done = attempt(*operation);
        lock.lock();
        Operation* next = operation->next;
        if (done || operation->state == State::cancelled)
        {
            if (!done || operation->error == errc::terminated)
            {
                operation->error = boost::asio::error::operation_aborted;
            }
            operation->state = State::over;
            list.remove(*operation);
            over.push_back(*operation);
        }
        else
        {
            operation->state = State::waiting;
            if (in_order)
            {
                return;
            }
        }
        operation = next;
    }
}

bool Waiting::attempt(Request& request) noexcept
{
    try
    {
        switch (request.kind)
        {
        case Request::Kind::send:
            return attempt_send(request);
        case Request::Kind::receive:
            request.count = socket_.receive(request.messages, at_once, request.error);
            return request.error != errc::would_block;
        case Request::Kind::returned:
            socket_.receive_returned(request.messages.front(), at_once, request.error);
            return request.error != errc::would_block;
        case Request::Kind::peers:
            return socket_.has_peers(request.count, request.error);
        case Request::Kind::flush:
            socket_.flush(at_once, request.error);
            return request.error != errc::would_block;
        case Request::Kind::subscribers:
            return socket_.has_subscribers(request.topic, request.count, request.error);
        case Request::Kind::close:
            return attempt_close(request);
        case Request::Kind::endpoint:
            return socket_.settler()(request);
        case Request::Kind::event:
            return request.monitored->take(*request.event, request.error);
        }
    }
    catch (const std::bad_alloc&)
    {
        request.error = errc::no_memory;
    }
    return true;
}

bool Waiting::attempt_close(Request& request)
{
    const auto report = socket_.closer()(request.until);
    if (report)
    {
        *request.report = *report;
    }
    return report.has_value();
}

bool Waiting::attempt_send(Request& request)
{
    MessageSource source(request.messages);
    {
        const std::lock_guard guard(mutex_);
        source.prepaid = std::exchange(permit_, 0);
    }
    const std::size_t sent = socket_.send(source, at_once, request.error);
    socket_.permits().release(source.prepaid);
    request.count += sent;
    request.messages = request.messages.subspan(sent);
    if (request.error != errc::would_block)
    {
        return true;
    }
    if (source.wanted_permit > 0)
    {
        request.error = wait_for_permit(source.wanted_permit);
        return static_cast<bool>(request.error);
    }
    return false;
}

error_code Waiting::wait_for_permit(std::uint64_t bytes)
{
    {
        const std::lock_guard guard(mutex_);
        if (permit_wait_)
        {
            return {};
        }
        permit_wait_ = socket_.shared_from_this();
        permit_wanted_ = bytes;
    }
    sf_ticket ticket = 0;
    const sf_status status = socket_.permits().wait(bytes, &Waiting::on_granted, this, ticket);
    if (status != SF_OK)
    {
        const std::lock_guard guard(mutex_);
        permit_wait_ = nullptr;
    }
    return to_error_code(status, 0);
}

/// On the budget's loop, posted.
void Waiting::on_granted(void* context, sf_status status)
{
    Waiting& self = *static_cast<Waiting*>(context);
    std::shared_ptr<SocketCore> socket;
    {
        const std::lock_guard guard(self.mutex_);
        self.permit_ += status == SF_OK ? self.permit_wanted_ : 0;
        socket = std::exchange(self.permit_wait_, nullptr);
    }
    self.try_all();
}

} // namespace spaceframe::engine
