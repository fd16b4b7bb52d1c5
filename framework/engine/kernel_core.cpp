#include "engine/kernel_core.hpp"

#include "engine/schedule.hpp"
#include "engine/stack.hpp"
#include "pattern/table.hpp"
#include "plugin/role.hpp"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <new>
#include <utility>

namespace spaceframe::engine
{

KernelCore::KernelCore(std::shared_ptr<const manifest::Description> description, KernelOptions options)
    : description_(std::move(description))
    , host_(description_->registry, std::move(options.log))
    , reporter_(host_, std::move(options.on_event))
    , driver_(description_->threads, description_->spin)
{
    build();
}

KernelCore::KernelCore(std::shared_ptr<const manifest::Description> description, KernelOptions options,
                       std::vector<std::shared_ptr<detail::Context>> contexts)
    : description_(std::move(description))
    , contexts_(std::move(contexts))
    , host_(description_->registry, std::move(options.log))
    , reporter_(host_, std::move(options.on_event))
    , driver_(contexts_)
{
    build();
}

void KernelCore::build()
{
    driver_.report_to(reporter_);
    if (description_->backpressure.role != nullptr)
    {
        budget_ = make_budget(description_->backpressure, description_->file + ": kernel.backpressure");
    }
    for (const manifest::SocketDescription& socket : description_->sockets)
    {
        const pattern::Row* row = pattern::find_pattern(socket.pattern);
        if (row == nullptr)
        {
            throw boost::system::system_error(make_error_code(errc::not_supported),
                                              socket.position + ": this kernel has no pattern " +
                                                  socket.pattern);
        }
        sockets_.push_back(std::make_unique<Endpoints>(
            driver_, reporter_,
            std::make_shared<SocketCore>(
                driver_, socket, *row,
                std::make_unique<Permits>(make_budget(socket.backpressure, socket.position), budget_))));
    }
    for (const manifest::SocketDescription& socket : description_->sockets)
    {
        for (const manifest::Endpoint& endpoint : socket.endpoints)
        {
            if (!endpoint.bind)
            {
                static_cast<void>(make_schedule(endpoint, host_));
            }
        }
    }
    for (const manifest::ProxyDescription& proxy : description_->proxies)
    {
        proxies_.push_back(std::make_unique<Proxy>(driver_.next_loop(), find(proxy.front)->shared_socket(),
                                                   find(proxy.back)->shared_socket()));
    }
}

KernelCore::~KernelCore() = default;

void KernelCore::settle()
{
    driver_.set_owner(weak_from_this());
    for (std::size_t i = 0; i < contexts_.size(); ++i)
    {
        contexts_[i]->on_end(weak_from_this(),
                             [this, i]
                             {
                                 context_ends(i);
                             });
    }
}

void KernelCore::context_ends(std::size_t index) noexcept
{
    try
    {
        abandon();
        for (const auto& socket : sockets_)
        {
            // Even where another thread is about to close it.
            socket->socket().shut();
            socket->reporter().end();
            // In a hook this thread may be the one for which the others wait.
            if (!driver_.in_a_handler())
            {
                socket->socket().waiting().settle();
                socket->reporter().settle();
            }
        }
    }
    catch (...)
    {
        host_.write_log(LogLevel::error,
                        "a context ended, and there was no memory to close the kernel with it");
    }
    driver_.end(index);
    stop();
}

void KernelCore::abandon()
{
    begin_close();
    finish_close(std::nullopt);
}

void KernelCore::silence() noexcept
{
    host_.gate().shut();
    for (const auto& socket : sockets_)
    {
        socket->reporter().end();
    }
}

std::unique_ptr<Budget> KernelCore::make_budget(const manifest::RoleUse& use, const std::string& position)
{
    const auto& table = use.role->as<sf_backpressure>();
    const auto values = option_values(use);
    sf_budget* handle = nullptr;
    if (const sf_status status =
            table.create(&host_, &driver_.first_loop(), values.data(), values.size(), &handle);
        status != SF_OK)
    {
        throw_failure(status, position + ": backpressure " + use.role->name);
    }
    return std::make_unique<Budget>(table, handle);
}

void KernelCore::start()
{
    bool first = false;
    try
    {
        std::call_once(started_,
                       [&]
                       {
                           first = true;
                           driver_.start();
                       });
        if (first && !closing_)
        {
            open();
        }
    }
    catch (...)
    {
        hosted() ? abandon() : static_cast<void>(close(std::chrono::nanoseconds(0)));
        throw;
    }
    if (closing_)
    {
        throw boost::system::system_error(make_error_code(errc::terminated), "a kernel starts once");
    }
}

/// Sockets, endpoints and proxies of the manifest.
void KernelCore::open()
{
    for (const auto& socket : sockets_)
    {
        socket->start();
    }
    for (const auto& socket : sockets_)
    {
        for (const manifest::Endpoint& endpoint : socket->socket().description().endpoints)
        {
            socket->open(endpoint);
        }
    }
    for (const auto& proxy : proxies_)
    {
        proxy->start();
    }
}

Endpoints* KernelCore::find(std::string_view name) noexcept
{
    const auto found = std::find_if(sockets_.begin(), sockets_.end(),
                                    [name](const auto& socket)
                                    {
                                        return socket->socket().description().name == name;
                                    });
    return found == sockets_.end() ? nullptr : found->get();
}

void KernelCore::run(Clock::time_point deadline)
{
    std::uint64_t seen = 0;
    {
        const std::lock_guard guard(run_mutex_);
        if (std::exchange(stop_waits_, false))
        {
            return;
        }
        if (driver_.on_a_loop() && !driver_.ended() && Clock::now() < deadline)
        {
            throw boost::system::system_error(make_error_code(errc::would_deadlock),
                                              "a thread that drives the kernel already cannot run it");
        }
        seen = stops_.load();
        ++runners_;
    }
    driver_.wait(
        stop_signal_,
        [&]
        {
            return stops_.load() != seen || driver_.ended();
        },
        deadline);
    const std::lock_guard guard(run_mutex_);
    --runners_;
}

void KernelCore::stop()
{
    {
        const std::lock_guard guard(run_mutex_);
        stop_waits_ = runners_ == 0;
        ++stops_;
    }
    driver_.notify(stop_signal_);
}

void KernelCore::discard()
{
    const CloseReport before = lost();
    hosted() ? abandon() : static_cast<void>(close(std::chrono::nanoseconds(0)));
    const CloseReport after = lost();
    const std::uint64_t discarded = after.discarded - before.discarded;
    const std::uint64_t undelivered = after.undelivered - before.undelivered;
    if (discarded + undelivered == 0)
    {
        return;
    }
    try
    {
        // On a host's context connections end later, with what they had begun to write.
        host_.write_log(LogLevel::warning,
                        fmt::format("the kernel was destroyed with {}{} messages that were not sent and {} "
                                    "that nobody received; call close(deadline) first",
                                    hosted() ? "at least " : "", discarded, undelivered));
    }
    catch (const std::bad_alloc&)
    {
        host_.write_log(LogLevel::warning, "the kernel was destroyed with messages that were not sent, or "
                                           "that nobody received; call close(deadline) first");
    }
}

/// What its sockets have discarded so far.
CloseReport KernelCore::lost() const
{
    CloseReport report;
    for (const auto& socket : sockets_)
    {
        const Ledger ledger = socket->socket().ledger();
        report.discarded += ledger.dropped_closed;
        report.undelivered += ledger.dropped_incoming;
    }
    return report;
}

CloseReport KernelCore::close(std::chrono::nanoseconds deadline)
{
    if (driver_.on_a_loop())
    {
        throw boost::system::system_error(make_error_code(errc::would_deadlock),
                                          "a thread that drives the kernel cannot wait for its end");
    }
    const auto end = deadline_after(deadline);
    begin_close();
    for (const auto& socket : sockets_)
    {
        socket->drain(end);
    }
    return finish_close(end);
}

void KernelCore::begin_close()
{
    closing_ = true;
    // A kernel that was not started needs no threads to end.
    std::call_once(started_, [] {});
    for (const auto& socket : sockets_)
    {
        socket->begin_close();
    }
}

CloseReport KernelCore::finish_close(std::optional<Clock::time_point> deadline)
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
    if (closed_)
    {
        return report_;
    }
    for (const auto& proxy : proxies_)
    {
        driver_.run(
            proxy->loop(),
            [&proxy = *proxy]
            {
                proxy.stop();
            },
            true);
    }
    CloseReport whole;
    for (const auto& socket : sockets_)
    {
        const CloseReport report = socket->finish_close(deadline);
        whole.complete &= report.complete;
        whole.discarded += report.discarded;
        whole.undelivered += report.undelivered;
    }
    stop();
    driver_.stop();
    // Not before: what had no memory to end is tried again by the next call.
    report_ = whole;
    closed_ = true;
    return report_;
}

} // namespace spaceframe::engine
