// Peers as a host sees them, and endpoints that it closes.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/monitor.hpp>

#include <boost/asio/use_future.hpp>
#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <latch>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Kind = Event::Kind;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

PeerInfo only_peer(const Socket& socket)
{
    const std::vector<PeerInfo> peers = socket.peers();
    REQUIRE(peers.size() == 1);
    return peers.front();
}

std::size_t connected_peers(const Socket& socket)
{
    const std::vector<PeerInfo> peers = socket.peers();
    return static_cast<std::size_t>(std::count_if(peers.begin(), peers.end(),
                                                  [](const PeerInfo& peer)
                                                  {
                                                      return peer.connected;
                                                  }));
}

} // namespace

TEST_CASE("each peer says who it is, where, by which endpoint it came, and what became of its messages")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("router", "router") +
                                      socket_lines("a", "dealer", "identity \"a\"") +
                                      socket_lines("b", "dealer", "identity \"b\"")});
        Socket router = kernel["router"];
        Socket a = kernel["a"];
        Socket b = kernel["b"];
        const std::string endpoint = router.bind("tcp://127.0.0.1:*");
        a.connect(endpoint);
        b.connect(endpoint);
        REQUIRE(router.wait_for_peers(2, limit));
        REQUIRE(a.wait_for_peers(1, limit));
        for (int i = 0; i < 3; ++i)
        {
            router.send({"a", "for a"});
        }
        router.send({"b", "for b"});
        a.send("from a");
        for (int i = 0; i < 3; ++i)
        {
            must_receive(a);
        }
        must_receive(b);
        CHECK(text_of(must_receive(router)) == "a");
        a.send("one that waits");
        const auto of = [&](std::string_view identity)
        {
            for (const PeerInfo& peer : router.peers())
            {
                if (peer.identity == identity)
                {
                    return peer;
                }
            }
            return PeerInfo{};
        };
        kernel.await_state(
            [&]
            {
                return of("a").ledger.pending == 1 && of("a").ledger.written == 3 &&
                       of("b").ledger.written == 1;
            },
            "the message waits");
        const PeerInfo first = of("a");
        CHECK(first.connected);
        CHECK(first.endpoint == endpoint);
        CHECK(first.address.starts_with("127.0.0.1:"));
        CHECK(first.ledger.assigned == 3);
        CHECK(first.ledger.queued == 0);
        CHECK(first.ledger.arrived == 2);
        CHECK(first.ledger.connections == 1);
        CHECK(of("b").ledger.assigned == 1);
        CHECK(of("b").ledger.arrived == 0);
        CHECK(of("b").id != first.id);
        CHECK(of("b").address != first.address);

        const PeerInfo seen = only_peer(a);
        CHECK(seen.endpoint == endpoint);
        CHECK(seen.address == endpoint.substr(6));
        CHECK(seen.ledger.assigned == 2);
        CHECK(seen.ledger.arrived == 3);
        CHECK(seen.ledger.pending == 0);
        must_receive(router);
        CHECK(of("a").ledger.pending == 0);
    }
}

TEST_CASE("one peer is disconnected, and no other; a peer that comes back is a new one")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("pull", "pull") +
                                      socket_lines("a", "push", "reconnect_ivl 2ms") +
                                      socket_lines("b", "push", "reconnect_ivl 2ms")});
        Socket pull = kernel["pull"];
        Socket a = kernel["a"];
        Socket b = kernel["b"];
        const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
        a.connect(endpoint);
        REQUIRE(pull.wait_for_peers(1, limit));
        const PeerInfo first = only_peer(pull);
        b.connect(endpoint);
        REQUIRE(pull.wait_for_peers(2, limit));
        REQUIRE(b.wait_for_peers(1, limit));
        const PeerInfo of_b = only_peer(b);

        CHECK(pull.disconnect(first.id));
        kernel.await(Kind::ready, 6);
        kernel.await_state(
            [&]
            {
                return connected_peers(pull) == 2 && connected_peers(a) == 1;
            },
            "a is back");
        CHECK_FALSE(pull.disconnect(first.id));
        CHECK_FALSE(pull.disconnect(PeerId{}));
        CHECK(pull.ledger().connections == 3);
        CHECK(a.ledger().reconnects == 1);
        CHECK(only_peer(b).id == of_b.id);
        CHECK(b.ledger().reconnects == 0);

        // Ours, which dials again, keeps its name: what waits for it waits for the endpoint.
        const PeerInfo dialled = only_peer(a);
        CHECK(dialled.ledger.connections == 2);
        CHECK(a.disconnect(dialled.id));
        kernel.await_state(
            [&]
            {
                return a.ledger().reconnects == 2;
            },
            "a has dialled again");
        a.send("still here");
        CHECK(text_of(must_receive(pull)) == "still here");
        CHECK(only_peer(a).id == dialled.id);
    }
}

TEST_CASE("an endpoint that the host disconnects is dialled no more, and what waited for it goes elsewhere")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "send_hwm 0\nreconnect_ivl 2ms") +
                                      socket_lines("pull", "pull") + socket_lines("other", "pull")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        Socket other = kernel["other"];
        const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
        Monitor monitor(push);
        push.connect(endpoint);
        while (monitor.receive(limit).kind != Kind::ready)
        {}
        push.send("first");
        CHECK(text_of(must_receive(pull)) == "first");
        push.disconnect(endpoint);
        CHECK(monitor.receive(limit).kind == Kind::closed);
        const MonitorEvent ended = monitor.receive(limit);
        CHECK(ended.kind == Kind::disconnected);
        CHECK(ended.reason == "the host closed the endpoint");
        kernel.await_state(
            [&]
            {
                return push.peers().empty() && connected_peers(pull) == 0;
            },
            "the connection has ended at both ends");
        error_code error;
        CHECK_FALSE(push.wait_for_endpoint(endpoint, limit, error));
        CHECK(error == errc::invalid_argument);
        CHECK_THROWS_WITH_AS(push.disconnect(endpoint),
                             doctest::Contains("is no endpoint that dials; it has none"),
                             boost::system::system_error);

        // One that is not there: what waits for it is given to the next peer.
        const std::string nobody = "ipc://@spaceframe-peers-" + std::to_string(::getpid());
        push.connect(nobody);
        push.send("waits");
        CHECK(only_peer(push).ledger.queued == 1);
        CHECK_FALSE(only_peer(push).connected);
        CHECK(only_peer(push).endpoint == nobody);
        CHECK(only_peer(push).address.empty());
        push.disconnect(nobody);
        CHECK(push.peers().empty());
        CHECK(push.ledger().queued == 1);
        push.connect(other.bind("tcp://127.0.0.1:*"));
        CHECK(text_of(must_receive(other)) == "waits");
        CHECK(only_peer(push).ledger.assigned == 1);
        MonitorEvent event;
        while (monitor.receive(event, no_wait, error))
        {
            CHECK(event.kind != Kind::stopped);
        }
    }
}

TEST_CASE("an endpoint that the host unbinds accepts nobody, keeps those who are there, and is free again")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push") + socket_lines("pull", "pull") +
                                      socket_lines("late", "push", "reconnect_ivl 2ms")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        Socket late = kernel["late"];
        const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
        push.connect(endpoint);
        REQUIRE(push.wait_for_peers(1, limit));
        CHECK_THROWS_WITH_AS(pull.disconnect(endpoint), doctest::Contains("is no endpoint that dials"),
                             boost::system::system_error);
        pull.unbind(endpoint);
        CHECK(pull.bound().empty());
        push.send("still there");
        CHECK(text_of(must_receive(pull)) == "still there");
        late.connect(endpoint);
        kernel.await(Kind::retrying);
        error_code error;
        pull.unbind(endpoint, error);
        CHECK(error == errc::invalid_argument);
        CHECK(pull.bind(endpoint) == endpoint);
        CHECK(late.wait_for_peers(1, limit));
    }
}

TEST_CASE("what an XPUB cannot say to a new peer for want of a permit is counted with that peer")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("xpub", "xpub",
                                                   "backpressure small\nxpub_welcome_msg \"" +
                                                       std::string(200, 'x') + "\"") +
                                      socket_lines("sub", "sub"),
                           .more = "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes "
                                   "100B\noversize refuse\n}\n}"});
        Socket xpub = kernel["xpub"];
        kernel["sub"].connect(xpub.bind("tcp://127.0.0.1:*"));
        REQUIRE(xpub.wait_for_peers(1, limit));
        const PeerInfo peer = only_peer(xpub);
        CHECK(peer.ledger.assigned == 1);
        CHECK(peer.ledger.dropped == 1);
        CHECK(xpub.ledger().dropped_full == 1);
    }
}

TEST_CASE("an endpoint that is disconnected when it is about to dial does not dial")
{
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        std::optional<Socket> push;
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push") + socket_lines("pull", "pull"),
                           .on_event = [&](const Event& event)
                           {
                               if (event.kind == Kind::connecting)
                               {
                                   error_code error;
                                   push->disconnect(event.endpoint, error);
                                   CHECK_FALSE(error);
                               }
                           }});
        push = kernel["push"];
        Socket pull = kernel["pull"];
        const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
        // The second call comes to the loop when the first is over.
        push->connect(endpoint);
        push->connect(endpoint);
        CHECK(push->peers().empty());
        // Connections are accepted in the order in which they were made.
        const RawPeer stray(endpoint);
        kernel.await(Kind::accepted);
        CHECK(kernel.count(Kind::closed) == 2);
        CHECK(kernel.count(Kind::connected) == 0);
        const RawPeer another(endpoint);
        kernel.await(Kind::accepted, 2);
        kernel.close(limit);
        CHECK(kernel.count(Kind::accepted) == 2);
        push.reset();
    }
}

TEST_CASE("an endpoint that is disconnected before its loop has opened it leaves no peer behind")
{
    std::latch asked(1);
    std::latch inside(1);
    std::optional<Socket> push;
    const std::string nobody = "ipc://@spaceframe-unopened-" + std::to_string(::getpid());
    std::atomic<bool> told{false};
    TestKernel kernel({.threads = 1,
                       .sockets = socket_lines("push", "push") + socket_lines("pull", "pull"),
                       .on_event = [&](const Event& event)
                       {
                           if (event.kind == Kind::unbound && !told.exchange(true))
                           {
                               inside.count_down();
                               asked.wait();
                               error_code error;
                               push->disconnect(nobody, error);
                               CHECK_FALSE(error);
                           }
                       }});
    push = kernel["push"];
    Socket pull = kernel["pull"];
    const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
    Threads threads;
    threads.start(
        [&]
        {
            pull.unbind(endpoint);
        });
    inside.wait();
    auto opened = async_connect(*push, nobody, boost::asio::use_future);
    asked.count_down();
    CHECK_THROWS_AS(opened.get(), boost::system::system_error);
    threads.join();
    CHECK(push->peers().empty());
    error_code error;
    push->send("for nobody", no_wait, error);
    CHECK(error == errc::would_block);
    push.reset();
}

TEST_CASE("closing waits for nobody where nobody can come for what is queued")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("bound", "push", "bind tcp://127.0.0.1:*") +
                                      socket_lines("given-up", "push", "reconnect never"),
                           .more = "policies\n{\nnever\n{\nrole reconnect\nuse none\n}\n}"});
        Socket bound = kernel["bound"];
        RawPeer stuck(bound.last_endpoint(), 4096);
        Threads handshake;
        handshake.start(
            [&]
            {
                stuck.shake_hands("PULL");
            });
        REQUIRE(bound.wait_for_peers(1, limit));
        handshake.join();
        error_code full;
        while (!full)
        {
            bound.send(Message(std::string(100'000, 'x')), no_wait, full);
        }
        stuck.reset();
        kernel.await(Kind::disconnected);
        const std::uint64_t queued = bound.ledger().queued;
        CHECK(queued > 0);
        CHECK(bound.close(wait_forever).discarded == queued);

        Socket given_up = kernel["given-up"];
        RawListener port;
        given_up.connect(port.endpoint());
        kernel.await(Kind::connected);
        given_up.send("for nobody");
        port.accept().reset();
        kernel.await(Kind::stopped);
        CHECK(given_up.ledger().queued == 1);
        const CloseReport report = given_up.close(wait_forever);
        CHECK(report.discarded == 1);
        CHECK_FALSE(report.complete);
    }
}

TEST_CASE("after closing there is nothing to disconnect")
{
    TestKernel kernel({.threads = 1, .sockets = socket_lines("pull", "pull")});
    Socket pull = kernel["pull"];
    const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
    pull.close(limit);
    error_code error;
    pull.unbind(endpoint, error);
    CHECK(error == errc::terminated);
    CHECK(pull.peers().empty());
    CHECK_FALSE(pull.disconnect(PeerId{0, 1}));
}
