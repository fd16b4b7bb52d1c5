// What a real network does: packets that are lost, late and out of order, links that go down, hosts that
// move. Each end is a host of its own, in a network namespace.
#include "test_kernel.hpp"
#include "two_hosts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr const char* impatient = "\nheartbeat_ivl 300ms\nreconnect_ivl 10ms\nconnect_timeout 200ms"
                                  "\nhandshake_ivl 1s";

std::uint64_t seed()
{
    const char* const given = std::getenv("SPACEFRAME_SEED");
    return given != nullptr ? std::stoull(given) : std::random_device{}();
}

// The kernel of a host.
std::unique_ptr<TestKernel> start(const NetworkNamespace& host, const char* pattern, const std::string& lines)
{
    const NetworkNamespace::Inside inside(host);
    return std::make_unique<TestKernel>(Plan{.sockets = socket_lines("socket", pattern, lines)});
}

// A server that listens, and a client that dials its name or address.
class Hosts
{
public:
    Hosts(const char* server_pattern, const char* client_pattern, const std::string& server_options,
          const std::string& client_options, const std::string& name = TwoHosts::server_address)
        : network(seed_)
        , server_kernel(start(network.server, server_pattern, "bind tcp://*:5555" + server_options))
        , client_kernel(
              start(network.client, client_pattern, "connect tcp://" + name + ":5555" + client_options))
        , server((*server_kernel)["socket"])
        , client((*client_kernel)["socket"])
    {
        MESSAGE("SPACEFRAME_SEED=" << seed_);
    }

private:
    std::uint64_t seed_ = seed();

public:
    TwoHosts network;
    std::unique_ptr<TestKernel> server_kernel;
    std::unique_ptr<TestKernel> client_kernel;
    Socket server;
    Socket client;
};

Message numbered(std::size_t number)
{
    Message message(std::to_string(number));
    message.push_back(std::string(3000, 'x'));
    message.push_back(std::string_view());
    return message;
}

void check_number(const Message& message, std::size_t number)
{
    REQUIRE(message.size() == 3);
    CHECK(text_of(message, 0) == std::to_string(number));
    CHECK(text_of(message, 1) == std::string(3000, 'x'));
    CHECK(text_of(message, 2).empty());
}

bool receive_soon(Socket& socket, Message& message)
{
    error_code error;
    return socket.receive(message, 100ms, error);
}

// True when one question of the client's, a DEALER, has found its way to the server, a ROUTER, and back.
bool ask(Hosts& hosts, const std::string& question)
{
    must_send(hosts.client, Message(question));
    Message message;
    while (receive_soon(hosts.server, message))
    {
        REQUIRE(message.size() == 2);
        CHECK(text_of(message, 0) == "me");
        error_code lost;
        hosts.server.send(std::move(message), limit, lost);
        while (receive_soon(hosts.client, message))
        {
            if (text_of(message) == question)
            {
                return true;
            }
        }
    }
    return false;
}

// A connection that is about to be found out to be dead may take a question with it.
void await_answer(Hosts& hosts, const char* when)
{
    std::size_t number = 0;
    hosts.client_kernel->await_state(
        [&]
        {
            return ask(hosts, std::string(when) + std::to_string(++number));
        },
        when);
}

// While nobody can come.
void await_nobody(TestKernel& kernel, const Socket& socket)
{
    kernel.await_state(
        [&]
        {
            return socket.ledger().peers == 0;
        },
        "the loss of the peer is found out");
}

// A connection has ended with that error.
void await_loss(TestKernel& kernel, errc error)
{
    kernel.await(
        [&](const Happenings& happenings)
        {
            return std::any_of(happenings.begin(), happenings.end(),
                               [&](const Happening& happening)
                               {
                                   return happening.kind == Event::Kind::disconnected &&
                                          happening.error == error;
                               });
        },
        "a connection ends as it should");
}

// Of the connection that was ready last.
std::string peer_address(const TestKernel& kernel)
{
    std::string address;
    for (const Happening& happening : kernel.happenings())
    {
        address = happening.kind == Event::Kind::ready ? happening.peer : address;
    }
    return address;
}

} // namespace

TEST_CASE("messages arrive whole, once and in order where packets are lost, late and out of order")
{
    Hosts hosts("pull", "push", "", "");
    hosts.network.cable().set_quality(5, 1ms, 10ms);
    constexpr std::size_t count = 300;
    Threads sender;
    sender.start(
        [&]
        {
            for (std::size_t i = 0; i < count; ++i)
            {
                must_send(hosts.client, numbered(i));
            }
        });
    for (std::size_t i = 0; i < count; ++i)
    {
        check_number(must_receive(hosts.server), i);
    }
    sender.join();
    CHECK(hosts.network.cable().lost() > 0);
    CHECK(hosts.client.ledger().restored == 0);
}

TEST_CASE("requests find their replies where packets are lost, late and out of order")
{
    Hosts hosts("rep", "req", "", "");
    hosts.network.cable().set_quality(5, 1ms, 20ms);
    for (std::size_t i = 0; i < 20; ++i)
    {
        must_send(hosts.client, numbered(i));
        must_send(hosts.server, must_receive(hosts.server));
        check_number(must_receive(hosts.client), i);
    }
}

TEST_CASE("a cable that is cut is found out on both sides, and they find each other when it is mended")
{
    Hosts hosts("router", "dealer", impatient, std::string(impatient) + "\nidentity me");
    await_answer(hosts, "at first");
    hosts.network.cable().cut();
    await_nobody(*hosts.server_kernel, hosts.server);
    await_nobody(*hosts.client_kernel, hosts.client);
    await_loss(*hosts.server_kernel, errc::timed_out);
    await_loss(*hosts.client_kernel, errc::timed_out);
    hosts.network.cable().mend();
    await_answer(hosts, "afterwards");
}

TEST_CASE("a link that goes down and comes up again interrupts a conversation, and does not end it")
{
    Hosts hosts("router", "dealer", impatient, std::string(impatient) + "\nidentity me");
    for (std::size_t i = 0; i < 3; ++i)
    {
        await_answer(hosts, "before");
        hosts.network.client.set_up(TwoHosts::interface, false);
        await_nobody(*hosts.server_kernel, hosts.server);
        await_nobody(*hosts.client_kernel, hosts.client);
        hosts.network.client.set_up(TwoHosts::interface, true);
    }
    await_answer(hosts, "after");
}

TEST_CASE("what a subscriber asked for it asks again when the link is up again")
{
    Hosts hosts("pub", "sub", impatient, std::string(impatient) + "\nsubscribe a\nsubscribe b");
    for (std::size_t i = 0; i < 3; ++i)
    {
        REQUIRE(hosts.server.wait_for_subscribers("a", 1, limit));
        REQUIRE(hosts.server.wait_for_subscribers("b", 1, limit));
        hosts.network.client.set_up(TwoHosts::interface, false);
        await_nobody(*hosts.server_kernel, hosts.server);
        await_nobody(*hosts.client_kernel, hosts.client);
        hosts.network.client.set_up(TwoHosts::interface, true);
    }
    Message message;
    hosts.server_kernel->await_state(
        [&]
        {
            must_send(hosts.server, Message("b and more"));
            return receive_soon(hosts.client, message);
        },
        "a message comes");
    CHECK(text_of(message) == "b and more");
}

TEST_CASE("a client whose address changes is found out to be gone, and gets its identity back")
{
    Hosts hosts("router", "dealer", impatient, std::string(impatient) + "\nidentity me");
    await_answer(hosts, "from the old address");
    const std::size_t lost = hosts.server_kernel->count(Event::Kind::disconnected);
    hosts.network.client.set_address(TwoHosts::interface, "10.7.0.3");
    hosts.server_kernel->await(Event::Kind::disconnected, lost + 1);
    await_answer(hosts, "from the new address");
    CHECK(peer_address(*hosts.server_kernel).find("10.7.0.3") != std::string::npos);
}

TEST_CASE("a client whose address changes takes over its identity where the server lets it")
{
    Hosts hosts("router", "dealer", "\nrouter_handover true", std::string(impatient) + "\nidentity me");
    await_answer(hosts, "from the old address");
    hosts.network.client.set_address(TwoHosts::interface, "10.7.0.3");
    await_loss(*hosts.server_kernel, errc::refused);
    await_answer(hosts, "from the new address");
    CHECK(peer_address(*hosts.server_kernel).find("10.7.0.3") != std::string::npos);
}

TEST_CASE("a server that moves is found where its name then leads")
{
    HostsFile names;
    names.set("server.test", TwoHosts::server_address);
    Hosts hosts("router", "dealer", impatient, std::string(impatient) + "\nidentity me", "server.test");
    await_answer(hosts, "at the old address");
    const std::size_t lost = hosts.client_kernel->count(Event::Kind::disconnected);
    hosts.network.server.set_address(TwoHosts::interface, "10.7.0.4");
    names.set("server.test", "10.7.0.4");
    hosts.client_kernel->await(Event::Kind::disconnected, lost + 1);
    await_answer(hosts, "at the new address");
    CHECK(peer_address(*hosts.client_kernel).find("10.7.0.4") != std::string::npos);
}
