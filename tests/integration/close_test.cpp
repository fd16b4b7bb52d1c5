// The end: closing in time, waking who waits, and calls from where they must not come.
#include "content.hpp"
#include "sleep_watch.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

namespace asio = boost::asio;

// What a call that closes asynchronously said.
struct Closed
{
    std::optional<error_code> error;
    CloseReport report;
    std::mutex mutex;

    auto handler()
    {
        return [this](error_code outcome, const CloseReport& said)
        {
            const std::lock_guard guard(mutex);
            error = outcome;
            report = said;
        };
    }

    void await(TestKernel& kernel)
    {
        kernel.await_state(
            [&]
            {
                const std::lock_guard guard(mutex);
                return error.has_value();
            },
            "an asynchronous call has closed");
    }
};

std::string push_and_pull()
{
    return socket_lines("push", "push") + socket_lines("pull", "pull");
}

} // namespace

TEST_CASE("closing gives up at its deadline and reports what was discarded")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        Socket push = kernel["push"];
        push.connect("ipc://@spaceframe-nobody-listens-here");
        for (int i = 0; i < 3; ++i)
        {
            push.send("x");
        }
        const auto begin = std::chrono::steady_clock::now();
        const CloseReport report = kernel.close(50ms);
        const auto time = std::chrono::steady_clock::now() - begin;
        CHECK(time >= 50ms);
        CHECK(time < 5s);
        CHECK_FALSE(report.complete);
        CHECK(report.discarded == 3);
        CHECK(push.ledger().dropped_closed == 3);
    }
}

TEST_CASE("a socket waits no longer than its linger when it is closed, and the others go on")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("hasty", "push", "linger 30ms") +
                                      socket_lines("push", "push") +
                                      socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        Socket hasty = kernel["hasty"];
        hasty.connect("ipc://@spaceframe-nobody-listens-here");
        hasty.send("x");
        const auto begin = std::chrono::steady_clock::now();
        const CloseReport report = hasty.close(limit);
        CHECK(std::chrono::steady_clock::now() - begin >= 30ms);
        CHECK(std::chrono::steady_clock::now() - begin < limit);
        CHECK_FALSE(report.complete);
        CHECK(report.discarded == 1);
        CHECK(hasty.close(limit).discarded == 1);
        error_code error;
        hasty.send("y", error);
        CHECK(error == errc::terminated);

        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        push.connect(pull.last_endpoint());
        must_send(push, Message("z"));
        CHECK(text_of(must_receive(pull)) == "z");
    }
}

TEST_CASE("the lingers of several sockets pass at the same time")
{
    const std::vector<std::string> names{"a", "b", "c", "d"};
    std::string sockets;
    for (const std::string& name : names)
    {
        sockets += socket_lines(name, "push", "linger 1s");
    }
    TestKernel kernel({.threads = 1, .sockets = sockets});
    // One after the other they would take longer than this one, which begins first.
    TestKernel slower({.threads = 1, .sockets = socket_lines("a", "push", "linger 3900ms")});
    for (const std::string& name : names)
    {
        kernel[name].connect("ipc://@spaceframe-nobody-listens-here");
        kernel[name].send("x");
    }
    slower["a"].connect("ipc://@spaceframe-nobody-listens-here");
    slower["a"].send("x");
    std::atomic<bool> slower_is_over{false};
    Threads closing;
    closing.start(
        [&]
        {
            slower->close(limit);
            slower_is_over = true;
        });
    slower.await_state(
        [&]
        {
            error_code error;
            slower["a"].connect("ipc://@spaceframe-nobody-listens-here", error);
            return error == errc::terminated;
        },
        "the slower kernel is being closed");
    CHECK(kernel.close(limit).discarded == 4);
    CHECK_FALSE(slower_is_over);
    slower->close(Timeout::zero());
    closing.join();
}

TEST_CASE("one stop ends every run that is under way, and no later one")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        SleepWatch watch;
        Threads running;
        for (int i = 0; i < 4; ++i)
        {
            running.start(
                [&, i]
                {
                    watch.add_this_thread();
                    i % 2 == 0 ? kernel->run() : kernel->run_for(limit);
                });
        }
        watch.wait_until_all_sleep(4);
        const auto begin = std::chrono::steady_clock::now();
        kernel->stop();
        running.join();
        CHECK(std::chrono::steady_clock::now() - begin < limit);
        // Not stopped before it began: it lasts as long as it shall.
        const auto later = std::chrono::steady_clock::now();
        kernel->run_for(20ms);
        CHECK(std::chrono::steady_clock::now() - later >= 20ms);
    }
}

TEST_CASE("a stop while nobody runs ends the next run, once")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        kernel->stop();
        kernel->run();
        const auto begin = std::chrono::steady_clock::now();
        kernel->run_for(20ms);
        CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
    }
}

TEST_CASE("a kernel may be let go by one of its own events")
{
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        // Closing goes on behind our back, and has more events to tell.
        struct State
        {
            std::optional<Kernel> kernel;
            std::promise<void> gone;
            std::atomic<bool> once{false};
        };
        const auto state = std::make_shared<State>();
        KernelOptions options;
        options.log = [](LogLevel, std::string_view) {};
        options.on_event = [state](const Event& event)
        {
            if (event.kind == Event::Kind::ready && !state->once.exchange(true))
            {
                state->kernel.reset();
                state->gone.set_value();
            }
        };
        std::optional<Kernel>& kernel = state->kernel;
        kernel.emplace(manifest_of({.threads = threads, .sockets = push_and_pull()}), options);
        kernel->start();
        Socket push = kernel->socket("push");
        const std::string endpoint = kernel->socket("pull").bind("tcp://127.0.0.1:*");
        error_code error;
        push.connect(endpoint, error); // it may be closed before that returns
        CHECK(state->gone.get_future().wait_for(limit) == std::future_status::ready);
        while (error != errc::terminated)
        {
            push.send("x", error);
        }
    }
}

TEST_CASE("closing writes what is queued, and reports what nobody received")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel receiver({.threads = 1, .sockets = socket_lines("pull", "pull", "recv_hwm 0")});
        Socket pull = receiver["pull"];
        {
            TestKernel kernel({.threads = threads, .sockets = socket_lines("push", "push", "send_hwm 0")});
            Socket push = kernel["push"];
            push.connect(pull.bind("tcp://127.0.0.1:*"));
            for (std::uint64_t i = 0; i < 1000; ++i)
            {
                push.send(make_message(i, {2000}));
            }
            const CloseReport report = kernel.close(limit);
            CHECK(report.complete);
            CHECK(report.discarded == 0);
            CHECK(push.ledger().written == 1000);
        }
        receiver.await_state(
            [&]
            {
                return pull.ledger().arrived == 1000;
            },
            "all have arrived");
        must_receive(pull);
        CHECK(receiver.close().undelivered == 999);
        CHECK(pull.ledger().dropped_incoming == 999);
    }
}

TEST_CASE("closing ends calls that wait, and later ones, with terminated")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        std::array<error_code, 4> errors;
        Threads waiting;
        for (const std::size_t i : {0U, 1U})
        {
            waiting.start(
                [&, i]
                {
                    kernel["push"].send(Message("x"), limit, errors.at(i));
                });
            waiting.start(
                [&, i]
                {
                    Message message;
                    kernel["pull"].receive(message, limit, errors.at(i + 2));
                });
        }
        const auto begin = std::chrono::steady_clock::now();
        kernel.close(Timeout::zero());
        waiting.join();
        CHECK(std::chrono::steady_clock::now() - begin < 5s);
        for (const error_code& error : errors)
        {
            CHECK(error == errc::terminated);
        }
        error_code error;
        kernel["push"].send(Message("x"), limit, error);
        CHECK(error == errc::terminated);
        Message message;
        kernel["pull"].receive(message, limit, error);
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("closing twice, from several threads, gives one report")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        Socket push = kernel["push"];
        push.connect("ipc://@spaceframe-nobody-listens-here");
        push.send("x");
        std::array<CloseReport, 3> reports;
        Threads closing;
        for (CloseReport& report : reports)
        {
            closing.start(
                [&]
                {
                    report = kernel->close(20ms);
                });
        }
        closing.join();
        for (const CloseReport& report : reports)
        {
            CHECK(report.discarded == 1);
            CHECK_FALSE(report.complete);
        }
    }
}

TEST_CASE("a kernel that is destroyed with messages says how many, one that was closed says nothing")
{
    for (const unsigned threads : all_threads)
    {
        for (const bool closes : {false, true})
        {
            CAPTURE(threads);
            CAPTURE(closes);
            std::mutex mutex;
            std::string warnings;
            const auto log = [&](LogLevel level, std::string_view line)
            {
                if (level == LogLevel::warning && line.starts_with("the kernel"))
                {
                    const std::lock_guard guard(mutex);
                    warnings += line;
                }
            };
            {
                Kernel kernel(manifest_of({.threads = threads,
                                           .sockets = push_and_pull() + socket_lines("alone", "push")}),
                              {.log = log, .on_event = {}});
                kernel.start();
                Socket push = kernel.socket("push");
                Socket pull = kernel.socket("pull");
                push.connect(pull.bind("tcp://127.0.0.1:*"));
                push.send("first");
                push.send("second");
                must_receive(pull);
                while (pull.ledger().pending == 0)
                {
                    kernel.run_for(std::chrono::milliseconds(1));
                }
                Socket alone = kernel.socket("alone");
                alone.connect("ipc://@spaceframe-nobody-listens-here");
                alone.send("x");
                alone.send("y");
                if (closes)
                {
                    CHECK(kernel.close(no_wait).discarded == 2);
                }
            }
            CHECK(warnings == (closes ? ""
                                      : "the kernel was destroyed with 2 messages that were not sent and 1 "
                                        "that nobody received; call close(deadline) first"));
        }
    }
}

TEST_CASE("a kernel starts once")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        kernel->start();
        CHECK(kernel["pull"].bound().size() == 1);
        kernel.close();
        error_code error;
        try
        {
            kernel->start();
        }
        catch (const boost::system::system_error& problem)
        {
            error = problem.code();
        }
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("handles to sockets outlive their kernel")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        std::optional<Socket> push;
        std::optional<Socket> pull;
        std::optional<Cork> cork;
        {
            TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
            push = kernel["push"];
            pull = kernel["pull"];
            push->connect(pull->bind("tcp://127.0.0.1:*"));
            REQUIRE(push->wait_for_peers(1, limit));
            cork.emplace(push->cork());
            push->send("x");
        }
        cork.reset();
        error_code error;
        push->send("x", error);
        CHECK(error == errc::terminated);
        push->connect("tcp://127.0.0.1:1", error);
        CHECK(error);
        CHECK(push->name() == "push");
        CHECK(push->ledger().dropped_closed == 1);
    }
}

TEST_CASE("calls that would wait for the thread that makes them fail with would_deadlock")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel* self = nullptr;
        error_code from_receive;
        error_code from_send;
        error_code from_close;
        error_code from_socket_close;
        error_code from_wait;
        error_code from_run;
        std::atomic<bool> called{false};
        TestKernel kernel({.threads = threads,
                           .sockets = push_and_pull(),
                           .on_event = [&](const Event& event)
                           {
                               if (event.kind != Event::Kind::retrying || called)
                               {
                                   return;
                               }
                               Message message;
                               (*self)["pull"].receive(message, limit, from_receive);
                               (*self)["push"].send(Message("x"), limit, from_send);
                               try
                               {
                                   (*self)->close(limit);
                               }
                               catch (const boost::system::system_error& error)
                               {
                                   from_close = error.code();
                               }
                               try
                               {
                                   (*self)["push"].close(limit);
                               }
                               catch (const boost::system::system_error& error)
                               {
                                   from_socket_close = error.code();
                               }
                               try
                               {
                                   (*self)["push"].wait_for_peers(1, limit);
                               }
                               catch (const boost::system::system_error& error)
                               {
                                   from_wait = error.code();
                               }
                               try
                               {
                                   (*self)->run_for(no_wait); // takes the stop of an earlier event
                                   (*self)->run_for(limit);
                               }
                               catch (const boost::system::system_error& error)
                               {
                                   from_run = error.code();
                               }
                               called = true;
                           }});
        self = &kernel;
        kernel["pull"].connect("ipc://@spaceframe-nobody-listens-here");
        kernel.await(Event::Kind::retrying);
        kernel.await_state(
            [&]
            {
                return called.load();
            },
            "the handler returned");
        CHECK(from_receive == errc::would_deadlock);
        CHECK(from_send == errc::would_deadlock);
        CHECK(from_close == errc::would_deadlock);
        CHECK(from_socket_close == errc::would_deadlock);
        CHECK(from_wait == errc::would_deadlock);
        CHECK(from_run == errc::would_deadlock);
    }
}

TEST_CASE("an asynchronous close waits until everything is written, without a thread that does")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push") +
                                      socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        for (int i = 0; i < 100; ++i)
        {
            Message message(std::string(1000, 'x'));
            async_send(push, std::move(message), [](error_code) {});
        }
        push.connect(pull.last_endpoint());
        REQUIRE(push.wait_for_peers(1, limit));
        Closed closed;
        async_close(push, limit, closed.handler());
        closed.await(kernel);
        CHECK_FALSE(*closed.error);
        CHECK(closed.report.complete);
        error_code error;
        push.send("late", error);
        CHECK(error == errc::terminated);
        for (int i = 0; i < 100; ++i)
        {
            CHECK(text_of(must_receive(pull)).size() == 1000);
        }
        CHECK(push.close(0s).complete);
    }
}

TEST_CASE("an asynchronous close gives up at its deadline, or when the linger is over, and reports what was "
          "discarded")
{
    for (const unsigned threads : all_threads)
    {
        for (const bool by_linger : {false, true})
        {
            CAPTURE(threads);
            CAPTURE(by_linger);
            TestKernel kernel({.threads = threads,
                               .sockets = socket_lines("push", "push", by_linger ? "linger 20ms" : "") +
                                          socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
            Socket push = kernel["push"];
            push.connect("ipc://@spaceframe-nobody-listens-here");
            push.send("1");
            push.send("2");
            Closed closed;
            async_close(*kernel.operator->(), by_linger ? limit : Timeout(20ms), closed.handler());
            closed.await(kernel);
            CHECK_FALSE(*closed.error);
            CHECK_FALSE(closed.report.complete);
            CHECK(closed.report.discarded == 2);
            CHECK(kernel["pull"].bound().size() == 1);
            CHECK(kernel.close().discarded == 2);
        }
    }
}

TEST_CASE("an asynchronous close that is cancelled leaves the rest to another one")
{
    TestKernel kernel({.sockets = push_and_pull()});
    Socket push = kernel["push"];
    push.connect("ipc://@spaceframe-nobody-listens-here");
    push.send("x");
    Closed cancelled;
    Closed closed;
    asio::cancellation_signal signal;
    async_close(push, limit, asio::bind_cancellation_slot(signal.slot(), cancelled.handler()));
    async_close(push, limit, closed.handler());
    signal.emit(asio::cancellation_type::terminal);
    cancelled.await(kernel);
    CHECK(*cancelled.error == asio::error::operation_aborted);
    CHECK(push.close(0s).discarded == 1);
    closed.await(kernel);
    CHECK_FALSE(*closed.error);
    CHECK(closed.report.discarded == 1);
}
