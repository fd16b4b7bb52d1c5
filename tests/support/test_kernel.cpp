#include "test_kernel.hpp"

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <exception>
#include <set>
#include <stdexcept>
#include <utility>

namespace spaceframe::testing
{

using namespace std::chrono_literals;

Happening::Happening(const Event& event)
    : kind(event.kind)
    , socket(event.socket)
    , endpoint(event.endpoint)
    , peer(event.peer)
    , identity(event.identity)
    , loop(event.loop)
    , error(event.error)
    , reason(event.reason)
    , delay(event.delay)
{}

Manifest manifest_of(const Plan& plan)
{
    std::string text = "spaceframe 1\n";
    if (plan.threads)
    {
        text += "kernel\n{\nthreads " + std::to_string(*plan.threads) + "\n" + plan.kernel + "}\n";
    }
    text += "plugins\n{\nsearch " SPACEFRAME_TEST_PLUGINS "/length-prefix\n";
    text += "search " SPACEFRAME_TEST_PLUGINS "/scripted-transport\n";
    text += "search " SPACEFRAME_TEST_PLUGINS "/witness\n";
    text += "search " SPACEFRAME_SAMPLE_PLUGINS "\n}\n";
    text += plan.more + "\nsockets\n{\n" + plan.sockets + "}\n";
    return Manifest::parse(text, "test");
}

std::string socket_lines(std::string_view name, std::string_view pattern, std::string_view lines)
{
    std::string text(name);
    text += "\n{\npattern ";
    text += pattern;
    text += '\n';
    text += lines;
    text += "\n}\n";
    return text;
}

TestKernel::TestKernel(const Plan& plan)
    : hook_(plan.on_event)
    , kernel_(manifest_of(plan), {.log = [](LogLevel, std::string_view) {},
                                  .on_event =
                                      [this](const Event& event)
                                  {
                                      {
                                          const std::lock_guard guard(mutex_);
                                          happenings_.emplace_back(event);
                                      }
                                      if (hook_)
                                      {
                                          hook_(event);
                                      }
                                      kernel_.stop();
                                  }})
{
    kernel_.start();
}

TestKernel::~TestKernel()
{
    if (!closed_)
    {
        close();
    }
}

CloseReport TestKernel::close(Timeout deadline)
{
    closed_ = true;
    check_ledgers(kernel_, "before closing");
    if (std::uncaught_exceptions() == 0)
    {
        exchange_settles();
    }
    const CloseReport report = kernel_.close(deadline);
    check_ledgers(kernel_, "after closing");
    for (const Socket& socket : kernel_.sockets())
    {
        check_closed(socket);
    }
    CHECK(kernel_.budget().used == 0);
    CHECK(kernel_.budget().waiting == 0);
    check_events();
    return report;
}

void TestKernel::check_exchange()
{
    await_state(
        [this]
        {
            return exchange_settles();
        },
        "one can say whether what was written has arrived");
}

// Each connection has both of its ends here, and none has ended.
bool TestKernel::secluded() const
{
    std::set<std::string> bound;
    std::size_t accepted = 0;
    std::size_t connected = 0;
    std::size_t ready = 0;
    for (const Happening& happening : happenings())
    {
        switch (happening.kind)
        {
        case Event::Kind::bound:
            bound.insert(happening.endpoint);
            break;
        case Event::Kind::accepted:
            ++accepted;
            break;
        case Event::Kind::connected:
            ++connected;
            if (!bound.contains(happening.endpoint))
            {
                return false;
            }
            break;
        case Event::Kind::ready:
            ++ready;
            break;
        case Event::Kind::disconnected:
            return false;
        default:
            break;
        }
    }
    return accepted == connected && ready == accepted + connected;
}

// False when that cannot be told.
bool TestKernel::exchange_settles()
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (secluded())
    {
        const Exchange exchange(kernel_.sockets());
        const std::string problem = exchange.problem();
        if (!problem.empty() && !exchange.idle())
        {
            return false;
        }
        if (problem.empty() || std::chrono::steady_clock::now() > deadline)
        {
            CHECK(problem == "");
            return true;
        }
        kernel_.run_for(1ms);
    }
    return false;
}

void TestKernel::check_events()
{
    for (const Socket& socket : kernel_.sockets())
    {
        std::uint64_t ready = 0;
        std::uint64_t failed = 0;
        for (const Happening& happening : happenings())
        {
            const bool own = happening.socket == socket.name();
            ready += own && happening.kind == Event::Kind::ready ? 1U : 0U;
            failed += own && happening.kind == Event::Kind::failed ? 1U : 0U;
        }
        CAPTURE(socket.name());
        CHECK(socket.ledger().connections == ready);
        CHECK(socket.ledger().failures == failed);
    }
}

Happenings TestKernel::happenings() const
{
    const std::lock_guard guard(mutex_);
    return happenings_;
}

std::size_t TestKernel::count(Event::Kind kind) const
{
    std::size_t count = 0;
    for (const Happening& happening : happenings())
    {
        count += happening.kind == kind ? 1U : 0U;
    }
    return count;
}

void TestKernel::await(const std::function<bool(const Happenings&)>& holds, const char* what)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds(happenings()))
    {
        const auto left = deadline - std::chrono::steady_clock::now();
        if (left <= 0s)
        {
            throw std::runtime_error(std::string("this did not happen: ") + what);
        }
        kernel_.run_for(left); // every event ends it
    }
}

void TestKernel::await(Event::Kind kind, std::size_t count)
{
    const std::string what = std::to_string(count) + " x " + std::string(to_string(kind));
    await(
        [kind, count](const Happenings& happenings)
        {
            std::size_t found = 0;
            for (const Happening& happening : happenings)
            {
                found += happening.kind == kind ? 1U : 0U;
            }
            return found >= count;
        },
        what.c_str());
}

void TestKernel::await_state(const std::function<bool()>& holds, const char* what)
{
    const auto deadline = std::chrono::steady_clock::now() + limit;
    while (!holds())
    {
        if (std::chrono::steady_clock::now() > deadline)
        {
            throw std::runtime_error(std::string("this did not come true: ") + what);
        }
        kernel_.run_for(1ms);
    }
}

Threads::~Threads()
{
    for (std::thread& thread : threads_)
    {
        if (thread.joinable())
        {
            thread.join();
        }
    }
}

void Threads::start(std::function<void()> work)
{
    threads_.emplace_back(
        [this, work = std::move(work)]
        {
            try
            {
                work();
            }
            catch (...)
            {
                const std::lock_guard guard(mutex_);
                failure_ = failure_ ? failure_ : std::current_exception();
            }
        });
}

void Threads::join()
{
    for (std::thread& thread : threads_)
    {
        thread.join();
    }
    threads_.clear();
    if (failure_)
    {
        std::rethrow_exception(std::exchange(failure_, nullptr));
    }
}

void must_send(Socket& socket, Message message)
{
    error_code error;
    socket.send(std::move(message), limit, error);
    if (error)
    {
        throw boost::system::system_error(error, socket.name() + " cannot send");
    }
}

Message must_receive(Socket& socket)
{
    Message message;
    error_code error;
    if (!socket.receive(message, limit, error))
    {
        throw boost::system::system_error(error, socket.name() + " receives nothing");
    }
    return message;
}

std::string text_of(const Message& message, std::size_t frame)
{
    return frame < message.size() ? std::string(message[frame].text()) : "(no such frame)";
}

} // namespace spaceframe::testing
