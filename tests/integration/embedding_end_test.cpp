// A context of the host that is destroyed while kernels and other threads are at work on it.
#include "descriptors.hpp"
#include "hosted.hpp"

#include <boost/asio/execution.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <optional>
#include <thread>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

// What the executors of a test saw.
struct Witness
{
    std::atomic<bool> begun{false};
    std::atomic<bool> may_go_on{false};
    std::atomic<bool> gone{false};
    std::atomic<int> calls{0};
    std::atomic<int> late{0};
};

// Calls handlers at once, as soon as that may be.
struct WitnessExecutor
{
    template <class Function>
    void execute(Function function) const
    {
        witness->begun = true;
        witness->begun.notify_one();
        witness->may_go_on.wait(false);
        // Whoever does not wait for this thread comes before it.
        std::this_thread::yield();
        ++witness->calls;
        witness->late += witness->gone ? 1 : 0;
        function();
    }

    static constexpr asio::execution::blocking_t query(asio::execution::blocking_t /*property*/) noexcept
    {
        return asio::execution::blocking_t::never_t();
    }

    bool operator==(const WitnessExecutor&) const = default;

    Witness* witness;
};

} // namespace

TEST_CASE("each kernel that was made from one Contexts object is closed when the context goes")
{
    std::optional<asio::io_context> context(std::in_place);
    const Contexts contexts(*context);
    Kernel first(contexts, hosted(socket_lines("push", "push")), quiet());
    std::optional<Kernel> gone(std::in_place, contexts, hosted(socket_lines("push", "push")), quiet());
    Kernel last(contexts, hosted(socket_lines("push", "push")), quiet());
    first.start();
    last.start();
    gone.reset();
    context.reset();
    for (Kernel* const kernel : {&first, &last})
    {
        error_code error;
        kernel->socket("push").send(Message("late"), no_wait, error);
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("a kernel that is made for a context that is gone is closed")
{
    std::optional<asio::io_context> context(std::in_place);
    const Contexts contexts(*context);
    context.reset();
    CheckedKernel kernel(contexts, hosted(socket_lines("push", "push")), quiet());
    error_code error;
    kernel.socket("push").send(Message("late"), no_wait, error);
    CHECK(error == errc::terminated);
}

TEST_CASE("a context that goes while other threads send closes their connections: no descriptor is left")
{
    // The destroying thread meets a sender inside a write in one round of four or so.
    constexpr int rounds = 60;
    Threads receiver;
    TestKernel peer({.sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
    peer->start();
    Socket pull = peer["pull"];
    const std::string endpoint = pull.last_endpoint();
    receiver.start(
        [pull]() mutable
        {
            error_code error;
            while (error != errc::terminated)
            {
                Message message;
                pull.receive(message, limit, error);
            }
        });
    const Manifest manifest = hosted(socket_lines("push", "push"));
    const std::size_t before = open_descriptors();
    for (int round = 0; round < rounds; ++round)
    {
        CAPTURE(round);
        std::optional<Driven> host(std::in_place);
        CheckedKernel kernel(host->context, manifest, quiet());
        kernel.start();
        Socket push = kernel.socket("push");
        push.connect(endpoint);
        REQUIRE(push.wait_for_peers(1, limit));
        Threads senders;
        std::array<std::atomic<bool>, 2> sending{};
        for (std::atomic<bool>& begun : sending)
        {
            senders.start(
                [&begun, push]() mutable
                {
                    error_code error;
                    while (error != errc::terminated)
                    {
                        push.send(Message(std::string(100, 'x')), 50ms, error);
                        begun = true;
                        begun.notify_one();
                    }
                });
        }
        for (std::atomic<bool>& begun : sending)
        {
            begun.wait(false);
        }
        host.reset();
        senders.join();
        peer.await(Event::Kind::disconnected, static_cast<std::size_t>(round) + 1);
    }
    CHECK(open_descriptors() == before);
    CHECK(pull.ledger().peers == 0);
    peer.close();
    receiver.join();
}

TEST_CASE("asynchronous calls complete before their context is gone, whichever thread completes them")
{
    constexpr int calls = 2000;
    std::optional<asio::io_context> context(std::in_place);
    CheckedKernel kernel(*context, hosted(socket_lines("push", "push") + socket_lines("pull", "pull")),
                         quiet());
    kernel.start();
    Socket push = kernel.socket("push");
    Witness witness;
    for (int i = 0; i < calls; ++i)
    {
        async_wait_for_peers(push, 1, asio::bind_executor(WitnessExecutor{&witness}, [](error_code) {}));
    }
    // Completed by the thread that destroys the context.
    Witness ending;
    ending.may_go_on = true;
    async_wait_for_peers(kernel.socket("pull"), 1,
                         asio::bind_executor(WitnessExecutor{&ending},
                                             [&](error_code)
                                             {
                                                 witness.may_go_on = true;
                                                 witness.may_go_on.notify_one();
                                             }));
    Threads other;
    other.start(
        [push]() mutable
        {
            push.close(0s);
        });
    witness.begun.wait(false);
    context.reset();
    witness.gone = true;
    other.join();
    CHECK(witness.calls == calls);
    CHECK(witness.late == 0);
}

TEST_CASE("hooks of two kernels that want each other's loop do not wait for ever")
{
    asio::io_context context;
    std::array<std::optional<Kernel>, 2> kernels;
    std::array<error_code, 2> errors;
    std::latch both(2);
    for (std::size_t i = 0; i < 2; ++i)
    {
        kernels.at(i).emplace(context, hosted(socket_lines("pull", "pull")),
                              quiet(
                                  [&, i](const Event& event)
                                  {
                                      if (event.kind == Event::Kind::bound)
                                      {
                                          both.arrive_and_wait();
                                          kernels.at(1 - i)->socket("pull").connect("tcp://127.0.0.1:1",
                                                                                    errors.at(i));
                                      }
                                  }));
        kernels.at(i)->start();
    }
    Threads other;
    other.start(
        [&]
        {
            kernels[0]->socket("pull").bind("tcp://127.0.0.1:*");
        });
    kernels[1]->socket("pull").bind("tcp://127.0.0.1:*");
    other.join();
    const auto refused = std::count(errors.begin(), errors.end(), make_error_code(errc::would_deadlock));
    const auto done = std::count(errors.begin(), errors.end(), error_code());
    CHECK(refused == 1);
    CHECK(done == 1);
}

TEST_CASE("a context that goes ends the calls that wait for a monitor, which then has no more to tell")
{
    std::optional<asio::io_context> context(std::in_place);
    CheckedKernel kernel(*context, hosted(socket_lines("push", "push")), quiet());
    kernel.start();
    const Socket push = kernel.socket("push");
    Monitor monitor(push);
    Witness witness;
    witness.may_go_on = true;
    std::atomic<int> calls{0};
    async_receive(monitor, asio::bind_executor(WitnessExecutor{&witness},
                                               [&](const error_code& error, const MonitorEvent&)
                                               {
                                                   CHECK(error == asio::error::operation_aborted);
                                                   ++calls;
                                               }));
    context.reset();
    CHECK(calls == 1);
    MonitorEvent event;
    error_code error;
    CHECK_FALSE(monitor.receive(event, limit, error));
    CHECK(error == errc::terminated);
}
