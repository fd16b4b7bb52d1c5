#include "fake_plugins.hpp"

#include <doctest/doctest.h>
#include <framework/manifest/endpoint.hpp>
#include <framework/manifest/resolve.hpp>

#include <stdexcept>

using fake_plugins::check_socket;
using spaceframe::manifest::make_endpoint;
using spaceframe::manifest::parse_uri;

namespace
{

std::string error_of(std::string_view body)
{
    const auto outcome = check_socket(body);
    CHECK(outcome.description == nullptr);
    return outcome.errors.size() == 1 ? outcome.errors[0] : std::to_string(outcome.errors.size()) + " errors";
}

} // namespace

TEST_CASE("an endpoint is a scheme and an address")
{
    std::string problem;
    const auto uri = parse_uri("tcp://[::1]:5555", problem);
    REQUIRE(uri);
    CHECK(uri->scheme == "tcp");
    CHECK(uri->address == "[::1]:5555");
    CHECK(parse_uri("ipc://@abstract://x", problem)->address == "@abstract://x");
    for (const char* malformed :
         {"", "tcp", "tcp:/x", "://x", "TCP://x", "t p://x", "127.0.0.1:5555", "tcp://"})
    {
        CAPTURE(malformed);
        problem.clear();
        CHECK(!parse_uri(malformed, problem));
        CHECK(problem.find("://ADDRESS") != std::string::npos);
    }
}

TEST_CASE("an endpoint that cannot be parsed says what was found")
{
    CHECK(error_of("bind 127.0.0.1:5555") ==
          "m.info:7: sockets.a.bind: found \"127.0.0.1:5555\", expected TRANSPORT://ADDRESS");
    CHECK(error_of("bind TCP://127.0.0.1:5555") ==
          "m.info:7: sockets.a.bind: found \"TCP://127.0.0.1:5555\", expected TRANSPORT://ADDRESS with a "
          "transport "
          "in lower case; did you mean \"tcp://127.0.0.1:5555\"?");
    CHECK(error_of("bind t?p://127.0.0.1:5555") ==
          "m.info:7: sockets.a.bind: found \"t?p://127.0.0.1:5555\", expected TRANSPORT://ADDRESS");
    CHECK(error_of("bind tcp://") ==
          "m.info:7: sockets.a.bind: found \"tcp://\" without an address, expected tcp://ADDRESS");
    CHECK(error_of("bind") == "m.info:7: sockets.a.bind: found no value, expected one");
}

TEST_CASE("a scheme that nobody serves is reported with the nearest")
{
    CHECK(error_of("bind tpc://x:1") ==
          "m.info:7: sockets.a.bind: no plug-in offers the transport \"tpc\", expected "
          "one of tcp, ipc; did you mean \"tcp\"?");
}

TEST_CASE("the transport judges the address, and knows whether it is to listen or to dial")
{
    CHECK(error_of("\nbind\n{\nendpoint tcp://h:65536\n}") ==
          "m.info:10: sockets.a.bind.endpoint: transport tcp cannot listen at \"h:65536\": expected "
          "HOST:PORT with a "
          "port from 0 to 65535");
    CHECK(check_socket("bind tcp://*:0").description != nullptr);
    CHECK(error_of("connect tcp://*:0") ==
          "m.info:7: sockets.a.connect: transport tcp cannot dial \"*:0\": a wildcard cannot be dialled");
}

TEST_CASE("an endpoint's block names the endpoint once and knows its keys")
{
    CHECK(error_of("bind\n{\nprotocol zmtp\n}") ==
          "m.info:7: sockets.a.bind: expected the key \"endpoint\" in the block");
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\nendpoint tcp://h:2\n}") ==
          "m.info:10: sockets.a.bind.endpoint: given twice, expected once; line 9 gave it first");
    CHECK(error_of("bind tcp://h:1\n{\nprotocol zmtp\n}") ==
          "m.info:7: sockets.a.bind: found the value \"tcp://h:1\" and a block; expected one of the two");
    CHECK(error_of("bind\n{\nendpoint tcp://h:1\nprotocl zmtp\n}")
              .starts_with("m.info:10: sockets.a.bind.protocl: unknown key; did you mean \"protocol\"?"));
}

TEST_CASE("an unknown protocol is reported with the nearest")
{
    CHECK(error_of("protocol zmpt") ==
          "m.info:7: sockets.a.protocol: no plug-in offers the protocol \"zmpt\", expected "
          "one of zmtp, plain; did you mean \"zmtp\"?");
}

TEST_CASE("two listeners at one address are an error that names both")
{
    CHECK(error_of("bind tcp://h:1\nbind tcp://h:1") ==
          "m.info:8: sockets.a.bind: found \"tcp://h:1\", which is bound already: m.info:7: sockets.a.bind; "
          "expected another address");
    const auto two = [](const std::string& first, const std::string& second)
    {
        return fake_plugins::check("spaceframe 1\nsockets\n{\na { pattern pull " + first +
                                   " }\nb { pattern pull " + second + " }\n}\n")
            .errors;
    };
    CHECK(two("bind { endpoint ipc:///x }", "bind\n{\nendpoint ipc:///x\n}") ==
          std::vector<std::string>{"m.info:7: sockets.b.bind.endpoint: found \"ipc:///x\", which is bound "
                                   "already: m.info:4: sockets.a.bind; expected another address"});
    CHECK(two("bind tcp://h:1", "bind tcp://h:2").empty());
    CHECK(two("bind tcp://h:1", "connect tcp://h:1").empty());
    CHECK(two("connect tcp://h:1", "connect tcp://h:1").empty());
    CHECK(two("bind tcp://h:0", "bind tcp://h:0").empty());
    for (const std::string fresh : {"*", "h:*", "h:0"})
    {
        CHECK(two("bind ipc://" + fresh, "bind ipc://" + fresh).empty());
    }
}

TEST_CASE("endpoints that are added in code get what the socket says")
{
    const auto outcome =
        check_socket("sndbuf 64KiB\nheartbeat_ivl 2s\nsend_hwm 3\nreconnect fixed\ninterval 5ms");
    REQUIRE(outcome.description);
    const auto& socket = outcome.description->sockets.at(0);
    const auto endpoint = make_endpoint(socket, *outcome.description->registry, false, "tcp://h:1");
    CHECK(!endpoint.bind);
    CHECK(endpoint.scheme == "tcp");
    CHECK(endpoint.address == "h:1");
    CHECK(endpoint.transport.values.at(0).integer == 64 << 10);
    CHECK(endpoint.protocol.values.at(0).integer == 2'000'000'000);
    CHECK(endpoint.reconnect.role->name == "fixed");
    CHECK(endpoint.reconnect.values.at(0).integer == 5'000'000);
    CHECK(endpoint.settings.send_hwm == 3);
    CHECK(make_endpoint(socket, *outcome.description->registry, true, "tcp://*:0").reconnect.role == nullptr);
}

TEST_CASE("endpoints that are added in code are checked")
{
    const auto outcome = check_socket("");
    REQUIRE(outcome.description);
    const auto& socket = outcome.description->sockets.at(0);
    for (const char* malformed : {"tcp", "tpc://h:1", "tcp://h:x", "tcp://"})
    {
        CAPTURE(malformed);
        CHECK_THROWS_AS(make_endpoint(socket, *outcome.description->registry, false, malformed),
                        std::invalid_argument);
    }
}

TEST_CASE("what cannot be given to an endpoint in code says where it belongs")
{
    const auto outcome =
        fake_plugins::check("spaceframe 1\npolicies { slow { role reconnect use fixed } }\n"
                            "sockets { a { pattern dealer } b { pattern dealer reconnect slow } }\n");
    REQUIRE(outcome.description);
    const auto problem_of =
        [&](std::size_t socket, bool bind, const char* key, const spaceframe::OptionValue& value)
    {
        try
        {
            make_endpoint(outcome.description->sockets.at(socket), *outcome.description->registry, bind,
                          "tcp://h:1", {{key, value}});
        }
        catch (const std::invalid_argument& error)
        {
            return std::string(error.what());
        }
        return std::string();
    };
    const std::string kept =
        ": cannot be given in code to one endpoint alone; expected at the socket, or at an endpoint of the "
        "manifest";
    for (const std::string key :
         {"reconnect_ivl", "reconnect_ivl_max", "send_hwm_bytes", "reconnect", "protocol", "initial"})
    {
        CHECK(problem_of(0, false, key.c_str(), "1s") == "connect." + key + kept);
    }
    CHECK(problem_of(1, false, "interval", "1s") ==
          "connect.interval: is an option of the policy \"slow\"; expected there");
    CHECK(problem_of(0, true, "send_hwm_bytes", 1) == "bind.send_hwm_bytes" + kept);
    for (const std::string key : {"reconnect_ivl", "reconnect", "initial"})
    {
        CHECK(problem_of(0, true, key.c_str(), "1s") ==
              "bind." + key + ": is about reconnecting, which only endpoints that dial do; leave it out");
    }
    CHECK(problem_of(0, false, "interval", "1s") ==
          "connect.interval: is an option of the reconnect policy fixed, which is not used here");
    CHECK(problem_of(0, false, "linger", "1s") ==
          "connect.linger: is an option of the whole socket; expected there, not at one endpoint");
}
