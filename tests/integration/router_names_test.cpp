// ROUTER: peers that it names itself, and the identities of many that come and go.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

} // namespace

TEST_CASE("connect_routing_id names the peer of a connect, to which messages can be sent before it is there")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("server", "router", "identity calls-itself-so\nbind tcp://127.0.0.1:*") +
                        socket_lines("client", "router",
                                     "identity client\nrouter_mandatory true\nconnect_routing_id server")});
        Socket server = kernel["server"];
        Socket client = kernel["client"];
        error_code error;
        client.send(Message{"server", "too early"}, no_wait, error);
        CHECK(error == errc::host_unreachable);
        client.connect(server.last_endpoint());
        must_send(client, Message{"server", "first"});
        Message request = must_receive(server);
        CHECK(text_of(request) == "client");
        CHECK(text_of(request, 1) == "first");
        must_send(server, Message{"client", "reply"});
        const Message reply = must_receive(client);
        CHECK(text_of(reply) == "server");
        CHECK(text_of(reply, 1) == "reply");
        client.send(Message{"calls-itself-so", "x"}, no_wait, error);
        CHECK(error == errc::host_unreachable);
    }
}

TEST_CASE("what waits for a peer with a given name survives the connection")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener;
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("client", "router",
                                     "router_mandatory true\nreconnect_ivl 1ms\nconnect {\nendpoint " +
                                         listener.endpoint() + "\nconnect_routing_id server\n}")});
        Socket client = kernel["client"];
        must_send(client, Message{"server", "1"});
        Threads server;
        unsigned flags = 0;
        server.start(
            [&]
            {
                RawPeer peer = listener.accept();
                peer.shake_hands("DEALER", "whatever");
                CHECK(peer.read_frame(flags) == "1");
            });
        kernel.await(Event::Kind::disconnected);
        server.join();
        must_send(client, Message{"server", "2"});
        server.start(
            [&]
            {
                RawPeer peer = listener.accept();
                peer.shake_hands("DEALER");
                CHECK(peer.read_frame(flags) == "2");
                peer.send(frame("here"));
                peer.read_to_end();
            });
        const Message message = must_receive(client);
        CHECK(text_of(message) == "server");
        CHECK(text_of(message, 1) == "here");
        kernel.close(limit);
        server.join();
    }
}

TEST_CASE(
    "three DEALERs and a ROUTER: each gets its own, ghosts get nothing, and identities can change hands")
{
    constexpr int count = 300;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets =
                 socket_lines("router", "router", "router_mandatory true\nbind tcp://127.0.0.1:*") +
                 socket_lines("a", "dealer", "identity a") + socket_lines("b", "dealer", "identity b") +
                 socket_lines("c", "dealer", "identity c") + socket_lines("heir", "dealer", "identity b")});
        Socket router = kernel["router"];
        const auto talk = [&](const std::vector<std::string>& names, const std::string& identity_of_last)
        {
            for (int i = 0; i < count; ++i)
            {
                for (const std::string& name : names)
                {
                    Socket dealer = kernel[name];
                    must_send(dealer, Message{std::to_string(i)});
                }
            }
            std::map<std::string, int> heard;
            for (std::size_t i = 0; i < names.size() * count; ++i)
            {
                Message request = must_receive(router);
                CHECK(text_of(request, 1) == std::to_string(heard[text_of(request)]++));
                must_send(router, std::move(request));
            }
            CHECK(heard.size() == names.size());
            CHECK(heard[identity_of_last] == count);
            for (const std::string& name : names)
            {
                Socket dealer = kernel[name];
                for (int i = 0; i < count; ++i)
                {
                    CHECK(text_of(must_receive(dealer)) == std::to_string(i));
                }
            }
        };
        for (const char* name : {"a", "b", "c"})
        {
            kernel[name].connect(router.last_endpoint());
        }
        REQUIRE(router.wait_for_peers(3, limit));
        talk({"a", "b", "c"}, "c");

        kernel["b"].close(limit);
        kernel.await_state(
            [&]
            {
                return router.ledger().peers == 2;
            },
            "b is gone");
        error_code error;
        router.send(Message{"b", "to a ghost"}, no_wait, error);
        CHECK(error == errc::host_unreachable);

        kernel["heir"].connect(router.last_endpoint());
        REQUIRE(router.wait_for_peers(3, limit));
        talk({"a", "c", "heir"}, "b");
        CHECK(router.ledger().dropped_peer_lost == 0);
    }
}

TEST_CASE("each connect of a ROUTER can name its peer, and take other options of an endpoint")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("router", "router", "router_mandatory true") +
                                      socket_lines("first", "dealer", "bind tcp://127.0.0.1:*") +
                                      socket_lines("second", "dealer", "bind tcp://127.0.0.1:*")});
        Socket router = kernel["router"];
        router.connect(kernel["first"].last_endpoint(), {{"connect_routing_id", "one"}});
        router.connect(kernel["second"].last_endpoint(),
                       {{"connect_routing_id", "two"}, {"send_hwm", 5}, {"tcp_nodelay", true}});
        for (const std::string name : {"one", "two", "one"})
        {
            must_send(router, Message{name, "to " + name});
        }
        Socket first = kernel["first"];
        Socket second = kernel["second"];
        for (const auto& [server, name] : {std::pair(&first, "one"), {&second, "two"}, {&first, "one"}})
        {
            Message request = must_receive(*server);
            CHECK(text_of(request) == "to " + std::string(name));
            must_send(*server, std::move(request));
            const Message reply = must_receive(router);
            CHECK(text_of(reply) == name);
        }
        const std::vector<std::pair<std::vector<Option>, std::string>> wrong{
            {{{"connect_routing_id", std::string(256, 'x')}}, "connect.connect_routing_id: found 256 bytes"},
            {{{"send_hwm", "many"}}, "connect.send_hwm: found \"many\""},
            {{{"sent_hwm", 1}}, "send_hwm"},
            {{{"xpub_verbose", true}}, "whole socket"},
            {{{"max_subscriptions", 1}}, "means nothing to the pattern"},
            {{{"reconnect_ivl", "1ms"}}, "expected at the socket"},
            {{{"tcp_nodelay", "perhaps"}}, "connect.tcp_nodelay"},
            {{{"send_hwm_bytes", 1}}, "expected at the socket"},
            {{{"send_hwm", 1}, {"send_hwm", 2}}, "connect.send_hwm: given twice"},
            {{{"recv_hwm", -1}, {"tcp_nodelay", 7}}, "connect.tcp_nodelay"},
        };
        for (const auto& each : wrong)
        {
            const auto& options = each.first;
            const auto& text = each.second;
            CAPTURE(text);
            error_code error;
            router.connect(first.last_endpoint(), options, error);
            CHECK(error == errc::invalid_argument);
            try
            {
                router.connect(first.last_endpoint(), options);
                FAIL("taken");
            }
            catch (const boost::system::system_error& problem)
            {
                CAPTURE(problem.what());
                CHECK(std::string(problem.what()).find(text) != std::string::npos);
            }
        }
        CHECK(router.ledger().peers == 2);
    }
}
