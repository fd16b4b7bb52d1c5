// Events that are kept for whoever reads them later.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/monitor.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/system_executor.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>
#include <future>
#include <optional>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
namespace asio = boost::asio;
using Kind = Event::Kind;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string router_and_dealer()
{
    return socket_lines("router", "router") +
           socket_lines("dealer", "dealer", "identity \"d\"\nreconnect_ivl 5ms");
}

MonitorEvent next(Monitor& monitor)
{
    return monitor.receive(limit);
}

// Reads up to and including the first of that kind.
std::vector<MonitorEvent> read_to(Monitor& monitor, Kind last)
{
    std::vector<MonitorEvent> events;
    do
    {
        events.push_back(next(monitor));
    }
    while (events.back().kind != last);
    return events;
}

std::vector<Kind> kinds(const std::vector<MonitorEvent>& events)
{
    std::vector<Kind> all;
    for (const MonitorEvent& event : events)
    {
        all.push_back(event.kind);
    }
    return all;
}

// What a future becomes, while the kernel is driven.
template <class T>
T get(TestKernel& kernel, std::future<T>& future)
{
    kernel.await_state(
        [&]
        {
            return future.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
        },
        "an asynchronous call is over");
    return future.get();
}

} // namespace

TEST_CASE("a monitor tells each change of state, in order, with endpoint, peer, identity and reason")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router_and_dealer()});
        Socket router = kernel["router"];
        Socket dealer = kernel["dealer"];
        Monitor of_router(router);
        Monitor of_dealer(dealer);
        const std::string endpoint = router.bind("tcp://127.0.0.1:*");
        dealer.connect(endpoint);

        const auto met = read_to(of_router, Kind::ready);
        CHECK(kinds(met) == std::vector{Kind::bound, Kind::accepted, Kind::ready});
        CHECK(met[0].endpoint == endpoint);
        CHECK(met[1].peer.starts_with("127.0.0.1:"));
        CHECK(met[2].endpoint == endpoint);
        CHECK(met[2].peer == met[1].peer);
        CHECK(met[2].identity == "d");
        CHECK(met[2].peer_id != PeerId{});
        CHECK_FALSE(met[2].error);
        CHECK(met[2].time >= met[0].time);

        const auto begun = read_to(of_dealer, Kind::ready);
        CHECK(kinds(begun) == std::vector{Kind::connecting, Kind::connected, Kind::ready});
        CHECK(begun[0].endpoint == endpoint);

        REQUIRE(router.disconnect(met[2].peer_id));
        const auto lost = read_to(of_router, Kind::disconnected);
        CHECK(kinds(lost) == std::vector{Kind::disconnected});
        CHECK(lost[0].peer_id == met[2].peer_id);
        CHECK(lost[0].identity == "d");
        CHECK(lost[0].error == errc::disconnected);
        CHECK(lost[0].reason == "the host disconnected the peer");
        const auto healed = read_to(of_dealer, Kind::ready);
        CHECK(kinds(healed) == std::vector{Kind::disconnected, Kind::retrying, Kind::connecting,
                                           Kind::connected, Kind::ready});
        CHECK(healed[0].error);
        CHECK_FALSE(healed[0].reason.empty());
        CHECK(healed[1].delay > std::chrono::nanoseconds(0));

        const auto back = read_to(of_router, Kind::ready);
        CHECK(back.back().identity == "d");
        CHECK(back.back().peer_id != met[2].peer_id);
        router.unbind(endpoint);
        CHECK(next(of_router).kind == Kind::unbound);
        dealer.disconnect(endpoint);
        CHECK(kinds(read_to(of_dealer, Kind::disconnected)) == std::vector{Kind::closed, Kind::disconnected});
        CHECK(of_router.lost() + of_dealer.lost() == 0);
    }
}

TEST_CASE("a monitor that is full loses what comes, says how much and where, and nobody waits for it")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router_and_dealer()});
        Socket router = kernel["router"];
        Monitor small(router, 2);
        Monitor large(router);
        for (int i = 0; i < 5; ++i)
        {
            router.unbind(router.bind("tcp://127.0.0.1:*"));
        }
        CHECK(small.lost() == 8);
        CHECK(large.lost() == 0);
        CHECK(next(small).kind == Kind::bound);
        const std::string endpoint = router.bind("tcp://127.0.0.1:*");
        CHECK(next(small).lost == 0);
        const MonitorEvent after = next(small);
        CHECK(after.kind == Kind::bound);
        CHECK(after.endpoint == endpoint);
        CHECK(after.lost == 8);
        for (int i = 0; i < 11; ++i)
        {
            const MonitorEvent event = next(large);
            CHECK(event.kind == (i % 2 == 0 ? Kind::bound : Kind::unbound));
            CHECK(event.lost == 0);
        }
    }
}

TEST_CASE("a monitor that has nothing to tell says so as a socket does")
{
    TestKernel kernel({.threads = 0, .sockets = router_and_dealer()});
    Socket router = kernel["router"];
    Monitor monitor(router);
    MonitorEvent event;
    error_code error;
    CHECK_FALSE(monitor.receive(event, no_wait, error));
    CHECK(error == errc::would_block);
    CHECK_FALSE(monitor.receive(event, std::chrono::milliseconds(1), error));
    CHECK(error == errc::timed_out);
    CHECK_THROWS_WITH_AS(monitor.receive(no_wait), doctest::Contains("router: its monitor"),
                         boost::system::system_error);
}

TEST_CASE("when its socket is closed a monitor tells what it has, and then that there is no more")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router_and_dealer()});
        Socket router = kernel["router"];
        Socket dealer = kernel["dealer"];
        Monitor monitor(router);
        Monitor of_dealer(dealer);
        dealer.connect(router.bind("tcp://127.0.0.1:*"));
        read_to(monitor, Kind::ready);
        read_to(of_dealer, Kind::ready);
        auto waits = async_receive(of_dealer, asio::use_future);
        router.close(limit);
        CHECK(kinds(read_to(monitor, Kind::disconnected)) == std::vector{Kind::unbound, Kind::disconnected});
        MonitorEvent event;
        error_code error;
        CHECK_FALSE(monitor.receive(event, limit, error));
        CHECK(error == errc::terminated);
        CHECK(get(kernel, waits).kind == Kind::disconnected);
        Monitor late(router);
        CHECK_FALSE(late.receive(event, limit, error));
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("when its socket is closed without a wait a monitor still tells all before it ends")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router_and_dealer()});
        Socket router = kernel["router"];
        Socket dealer = kernel["dealer"];
        Monitor monitor(dealer);
        dealer.connect(router.bind("tcp://127.0.0.1:*"));
        read_to(monitor, Kind::ready);
        auto closed = async_close(dealer, limit, asio::use_future);
        MonitorEvent event;
        error_code error;
        std::vector<Kind> seen;
        while (monitor.receive(event, limit, error))
        {
            seen.push_back(event.kind);
        }
        CHECK(error == errc::terminated);
        CHECK(seen == std::vector{Kind::closed, Kind::disconnected});
        CHECK(get(kernel, closed).complete);
    }
}

TEST_CASE("asynchronous calls get one event each, in order, and can be cancelled")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router_and_dealer()});
        Socket router = kernel["router"];
        Monitor monitor(router);
        Monitor other(router);
        asio::cancellation_signal signal;
        std::promise<error_code> cancelled;
        async_receive(monitor, asio::bind_cancellation_slot(signal.slot(),
                                                            [&](const error_code& error, const MonitorEvent&)
                                                            {
                                                                cancelled.set_value(error);
                                                            }));
        auto first = async_receive(monitor, asio::use_future);
        auto second = async_receive(monitor, asio::use_future);
        auto of_other = async_receive(other, asio::use_future);
        signal.emit(asio::cancellation_type::total);
        auto outcome = cancelled.get_future();
        CHECK(get(kernel, outcome) == asio::error::operation_aborted);
        router.unbind(router.bind("tcp://127.0.0.1:*"));
        CHECK(get(kernel, first).kind == Kind::bound);
        CHECK(get(kernel, second).kind == Kind::unbound);
        CHECK(get(kernel, of_other).kind == Kind::bound);
        // One that is there already.
        auto ready = async_receive(other, asio::use_future);
        CHECK(get(kernel, ready).kind == Kind::unbound);

        // Those that wait at the end.
        std::promise<error_code> ended;
        async_receive(monitor, asio::bind_executor(asio::system_executor(),
                                                   [&](const error_code& error, const MonitorEvent&)
                                                   {
                                                       ended.set_value(error);
                                                   }));
        kernel.close();
        auto end = ended.get_future();
        REQUIRE(end.wait_for(limit) == std::future_status::ready);
        CHECK(end.get() == asio::error::operation_aborted);
    }
}

TEST_CASE("a monitor may be read on another thread while its socket is used, and outlives the kernel")
{
    std::optional<TestKernel> kernel;
    kernel.emplace(Plan{.threads = 1, .sockets = router_and_dealer()});
    Socket router = (*kernel)["router"];
    Monitor monitor(router);
    Threads threads;
    std::vector<Kind> seen;
    threads.start(
        [&]
        {
            MonitorEvent event;
            error_code error;
            while (monitor.receive(event, limit, error))
            {
                seen.push_back(event.kind);
            }
            CHECK(error == errc::terminated);
        });
    for (int i = 0; i < 100; ++i)
    {
        router.unbind(router.bind("tcp://127.0.0.1:*"));
    }
    kernel.reset();
    threads.join();
    CHECK(seen.size() == 200);
    MonitorEvent event;
    error_code error;
    CHECK_FALSE(monitor.receive(event, no_wait, error));
    CHECK(error == errc::terminated);
}

TEST_CASE("a handler on the kernel's loop cannot wait for a monitor")
{
    std::optional<Monitor> monitor;
    std::promise<error_code> refused;
    TestKernel kernel({.threads = 1,
                       .sockets = router_and_dealer(),
                       .on_event = [&](const Event& event)
                       {
                           if (monitor && event.kind == Kind::bound)
                           {
                               MonitorEvent unused;
                               error_code error;
                               monitor->receive(unused, limit, error);
                               refused.set_value(error);
                           }
                       }});
    Socket router = kernel["router"];
    monitor.emplace(router);
    router.bind("tcp://127.0.0.1:*");
    auto outcome = refused.get_future();
    CHECK(get(kernel, outcome) == errc::would_deadlock);
    monitor.reset();
}
