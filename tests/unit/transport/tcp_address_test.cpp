#include "transport_fixture.hpp"

#include <doctest/doctest.h>

#include <netinet/in.h>

namespace spaceframe::transport_test
{

namespace
{

struct BadAddress
{
    const char* text;
    bool listening;
    const char* reason;
};

sf_status check(FakeHost& host, const char* text, bool listening)
{
    const auto& table = *static_cast<const sf_transport*>(tcp_role.table);
    return table.check_address(host.table(), text, listening ? 1 : 0);
}

} // namespace

TEST_CASE("well-formed tcp addresses are accepted without I/O")
{
    FakeHost host;
    for (const char* const text : {"127.0.0.1:5555", "[::1]:5555", "localhost:5555", "a-b.c_d.example:65535",
                                   "0.0.0.0:1", "[::]:5555", "[::ffff:127.0.0.1]:1", "[fe80::1%lo]:5555"})
    {
        CAPTURE(text);
        CHECK(check(host, text, true) == SF_OK);
        CHECK(check(host, text, false) == SF_OK);
    }
    for (const char* const text :
         {"*:5555", "*:0", "*:*", "0.0.0.0:*", "eth0:5555", "lo:*", "[::1]:*", "[::1]:0"})
    {
        CAPTURE(text);
        CHECK(check(host, text, true) == SF_OK);
    }
}

TEST_CASE("a malformed tcp address is refused with what is wrong and what is right")
{
    const BadAddress bad[] = {
        {"", false, "the port is missing; write HOST:PORT"},
        {"127.0.0.1", false, "the port is missing; write HOST:PORT"},
        {":5555", true, "the host is missing; write HOST:PORT, or *:PORT to listen on every interface"},
        {"127.0.0.1:", false, "the port '' is no number"},
        {"127.0.0.1:http", false, "the port 'http' is no number"},
        {"127.0.0.1:12x", false, "the port '12x' is no number"},
        {"127.0.0.1:-1", false, "the port '-1' is no number"},
        {"127.0.0.1: 1", false, "the port ' 1' is no number"},
        {"127.0.0.1:65536", true, "the port is above 65535"},
        {"127.0.0.1:99999999999999999999", true, "the port is above 65535"},
        {"127.0.0.1:0", false, "to connect, a port from 1 to 65535 is needed; 0 and '*' are for listening"},
        {"127.0.0.1:*", false, "to connect, a port from 1 to 65535 is needed; 0 and '*' are for listening"},
        {"*:5555", false, "'*' is for listening; to connect, name a host"},
        {"::1:5555", true, "an IPv6 address is written in brackets: [ADDRESS]:PORT"},
        {"[::1]", true, "an IPv6 address is written as [ADDRESS]:PORT"},
        {"[::1:5555", true, "an IPv6 address is written as [ADDRESS]:PORT"},
        {"[]:5555", true, "the host is missing; write HOST:PORT, or *:PORT to listen on every interface"},
        {"[localhost]:5555", true, "'localhost' is no IPv6 address"},
        {"[127.0.0.1]:5555", true, "'127.0.0.1' is no IPv6 address"},
        {"[fe80::1%nosuchnic]:1", true, "this machine has no network interface 'nosuchnic'"},
        {"256.0.0.1:5555", true, "'256.0.0.1' is no IPv4 address"},
        {"1.2.3:5555", false, "'1.2.3' is no IPv4 address"},
        {"my host:5555", false, "'my host' is neither an address nor a name"},
        {"tcp//x:5555", false, "'tcp//x' is neither an address nor a name"},
        {"127.0.0.1:1;127.0.0.1:2", false,
         "a source address before ';' is not supported; give the destination alone"},
    };
    FakeHost host;
    Transport transport(host, tcp_role);
    for (const BadAddress& address : bad)
    {
        CAPTURE(address.text);
        const std::string expected =
            "'" + std::string(address.text) + "' is no TCP address: " + address.reason;
        CHECK(check(host, address.text, address.listening) == SF_INVALID);
        CHECK(host.last_error().text == expected);
        if (address.listening)
        {
            Listening listening(transport, address.text);
            CHECK(listening.started == SF_INVALID);
        }
        else
        {
            Dialing dialing(transport, address.text);
            CHECK(dialing.started == SF_INVALID);
            host.drain();
            CHECK(dialing.outcome.calls == 0);
        }
        CHECK(host.last_error().status == SF_INVALID);
        CHECK(host.last_error().text == expected);
    }
}

TEST_CASE("a name of more than 253 characters is refused")
{
    FakeHost host;
    CHECK(check(host, (std::string(253, 'a') + ":1").c_str(), false) == SF_OK);
    CHECK(check(host, (std::string(254, 'a') + ":1").c_str(), false) == SF_INVALID);
}

TEST_CASE("a wildcard listens on every interface and says which port it took")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    for (const char* const text : {"*:0", "*:*", "0.0.0.0:*"})
    {
        CAPTURE(text);
        Transport transport(host, tcp_role);
        Listening listening(transport, text);
        REQUIRE(listening.started == SF_OK);
        const std::string address = listening.address();
        CHECK(address.starts_with("0.0.0.0:"));
        CHECK(address != "0.0.0.0:0");
        Dialing dialing(transport, "127.0.0.1" + address.substr(address.rfind(':')));
        REQUIRE(dialing.finish());
        CHECK(dialing.outcome.status == SF_OK);
        Dialing as_written(transport, address);
        REQUIRE(as_written.finish());
        CHECK(as_written.outcome.status == SF_OK);
    }
}

TEST_CASE("with ipv6 a wildcard serves both families")
{
    if (!has_ipv6())
    {
        MESSAGE("this machine has no IPv6");
        return;
    }
    FakeHost host;
    Transport transport(host, tcp_role, {{"ipv6", "true"}});
    Listening listening(transport, "*:0");
    REQUIRE(listening.started == SF_OK);
    const std::string address = listening.address();
    CHECK(address.starts_with("[::]:"));
    for (const char* const host_part : {"127.0.0.1", "[::1]"})
    {
        CAPTURE(host_part);
        Dialing dialing(transport, host_part + address.substr(address.rfind(':')));
        REQUIRE(dialing.finish());
        CHECK(dialing.outcome.status == SF_OK);
    }
}

TEST_CASE("the name of an interface stands for its address")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening listening(transport, "lo:*");
    INFO(host.last_error().text);
    REQUIRE(listening.started == SF_OK);
    CHECK(listening.address().starts_with("127.0.0.1:"));
}

TEST_CASE("listening on an unknown name is an error that names it")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening listening(transport, "nosuchnic.invalid:5555");
    CHECK(listening.started == SF_NOT_FOUND);
    CHECK(host.last_error().text.starts_with("cannot listen on nosuchnic.invalid:5555: 'nosuchnic.invalid' "
                                             "is no network interface of this machine, "
                                             "and as a name it leads to no address ("));
}

TEST_CASE("a port in use is an error that says what to do")
{
    const NoDescriptorLeaks leaks;
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening first(transport, "127.0.0.1:0");
    Listening second(transport, first.address());
    CHECK(second.started == SF_SYSTEM);
    CHECK(host.last_error().os_error == EADDRINUSE);
    CHECK(host.last_error().text ==
          "cannot listen on " + first.address() +
              ": Address already in use; another socket listens there: stop it, or choose "
              "another address");
}

TEST_CASE("listening on an address of another machine is an error that says so")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    Listening listening(transport, "192.0.2.1:5555");
    CHECK(listening.started == SF_SYSTEM);
    CHECK(host.last_error().os_error == EADDRNOTAVAIL);
    CHECK(host.last_error().text ==
          "cannot listen on 192.0.2.1:5555: Cannot assign requested address; no interface "
          "of this machine has that address: see `ip address`");
}

TEST_CASE("a port is free again as soon as its listener is closed")
{
    FakeHost host;
    Transport transport(host, tcp_role);
    std::string address;
    {
        Listening listening(transport, "127.0.0.1:0");
        address = listening.address();
        Dialing dialing(transport, address);
        REQUIRE(dialing.finish());
        const Stream accepted(transport, listening.take()); // closed first: the port waits in TIME_WAIT
    }
    Listening again(transport, address);
    INFO(host.last_error().text);
    CHECK(again.started == SF_OK);
}

} // namespace spaceframe::transport_test
