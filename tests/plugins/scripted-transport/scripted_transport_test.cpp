#include "side_fixture.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <string>

using namespace spaceframe::scripted_transport;
using namespace spaceframe::scripted_transport::testing;

TEST_CASE("scripted-transport: a dial reaches its listener, later, and both ends know the name")
{
    Side server;
    Side client;
    const std::string name = fresh_name();
    REQUIRE(server.listen(name) == SF_OK);
    std::array<char, 64> text{};
    CHECK(server.table.listener_address(server.listener, text.data(), text.size()) ==
          static_cast<sf_result>(name.size()));
    CHECK(std::string(text.data()) == name);

    REQUIRE(client.dial(name) == SF_OK);
    CHECK(client.dialed.calls == 0);
    CHECK(server.accepted.calls == 0);
    client.host.drain();
    server.host.drain();
    REQUIRE(client.dialed.calls == 1);
    REQUIRE(server.accepted.calls == 1);
    client.own(client.dialed.stream);
    server.own(server.accepted.stream);
    CHECK(client.table.stream_property(client.stream, "peer", text.data(), text.size()) > 0);
    CHECK(std::string(text.data()) == name);
    CHECK(client.table.stream_property(client.stream, "uid", text.data(), text.size()) == -SF_NOT_FOUND);
    CHECK(client.table.stream_property(client.stream, "peer", text.data(), 3) == -SF_TOO_LARGE);
    CHECK(client.table.stream_flags(client.stream) == 0);
}

TEST_CASE("scripted-transport: memp allows reads and writes on two threads")
{
    Side server({}, memp);
    Side client({}, memp);
    join(server, client);
    CHECK(server.table.stream_flags(server.stream) == SF_STREAM_PARALLEL);
}

TEST_CASE("scripted-transport: nobody listens, a name in use, a malformed name")
{
    Side client;
    REQUIRE(client.dial(fresh_name()) == SF_OK);
    client.host.drain();
    CHECK(client.dialed.status == SF_SYSTEM);
    CHECK(client.host.last_error().os_error == ECONNREFUSED);

    Side server;
    Side other;
    const std::string name = fresh_name();
    REQUIRE(server.listen(name) == SF_OK);
    CHECK(other.listen(name) == SF_SYSTEM);
    CHECK(other.host.last_error().os_error == EADDRINUSE);
    CHECK(other.listener == nullptr);
    server.close_listener();
    CHECK(other.listen(name) == SF_OK);

    CHECK(client.table.check_address(client.host.table(), "a name", 0) == SF_INVALID);
    CHECK(client.table.check_address(client.host.table(), "", 1) == SF_INVALID);
    CHECK(client.table.check_address(client.host.table(), "run/a-b_c.1", 1) == SF_OK);
}

TEST_CASE("scripted-transport: options that are no list are refused with the key")
{
    FakeHost host;
    const OptionValues values(mem, {{"write_at_most", "1;2"}});
    sf_transport_instance* instance = nullptr;
    const auto& table = *static_cast<const sf_transport*>(mem.table);
    CHECK(table.create(host.table(), values.data(), values.size(), &instance) == SF_INVALID);
    CHECK(host.last_error().text.find("write_at_most") != std::string::npos);
}

TEST_CASE("scripted-transport: bytes are delivered and taken as the script says")
{
    Side server({{"read_at_most", "1,3"}});
    Side client({{"write_at_most", "2,0"}});
    join(server, client);
    CHECK(client.write("abcdef") == 2);
    CHECK(client.write("cdef") == 4);
    CHECK(client.write("gh") == 2);
    CHECK(server.read() == 1);
    CHECK(server.received == "a");
    CHECK(server.read() == 3);
    CHECK(server.received == "bcd");
    CHECK(server.read() == 1);
    CHECK(server.read(2) == 2);
    CHECK(server.received == "fg");
    CHECK(server.read() == 1);
    CHECK(server.read() == -SF_WOULD_BLOCK);
}

TEST_CASE("scripted-transport: a full buffer blocks the writer until the reader has read")
{
    Side server;
    Side client;
    join(server, client);
    const std::string much(100000, 'x');
    CHECK(client.write(much) == static_cast<sf_result>(Wire::capacity));
    CHECK(client.write(much) == -SF_WOULD_BLOCK);
    client.wait(SF_WRITABLE);
    client.host.drain();
    CHECK(client.writable.calls == 0);

    CHECK(server.read(10) == 10);
    CHECK(client.writable.calls == 0);
    client.host.drain();
    CHECK(client.writable.calls == 1);
    CHECK(client.writable.status == SF_OK);
    CHECK(client.write(much) == 10);
}

TEST_CASE(
    "scripted-transport: a wait calls back once, on the waiter's loop, also for what is buffered already")
{
    Side server({{"read_at_most", "1"}});
    Side client;
    join(server, client);
    server.wait(SF_READABLE);
    server.host.drain();
    CHECK(server.readable.calls == 0);
    client.write("ab");
    client.write("c");
    client.host.drain();
    CHECK(server.readable.calls == 0);
    server.host.drain();
    CHECK(server.readable.calls == 1);
    CHECK(server.read() == 1);
    server.wait(SF_READABLE);
    CHECK(server.readable.calls == 1);
    server.host.drain();
    CHECK(server.readable.calls == 2);
}

TEST_CASE("scripted-transport: closing completes the waits once with SF_CANCELLED, and ends the other side")
{
    Side server;
    Side client;
    join(server, client);
    client.write("rest");
    server.wait(SF_READABLE); // ready, but not delivered when the stream is closed
    client.wait(SF_READABLE);
    server.close();
    CHECK(server.readable.calls == 0);
    server.host.drain();
    CHECK(server.readable.calls == 1);
    CHECK(server.readable.status == SF_CANCELLED);

    client.host.drain();
    CHECK(client.readable.calls == 1);
    CHECK(client.readable.status == SF_OK);
    CHECK(client.read() == -SF_CLOSED);
    CHECK(client.write("x") == -SF_SYSTEM);
    CHECK(client.host.last_error().os_error == EPIPE);
}

TEST_CASE("scripted-transport: what was written before the close can still be read")
{
    Side server;
    Side client;
    join(server, client);
    client.write("last words");
    client.close();
    CHECK(server.read() == 10);
    CHECK(server.received == "last words");
    CHECK(server.read() == -SF_CLOSED);
}

TEST_CASE("scripted-transport: a connection ends after as many bytes as its option says, in mid-write")
{
    Side server;
    Side client({{"close_after_bytes", "5"}});
    join(server, client);
    server.wait(SF_READABLE);
    client.wait(SF_READABLE);
    CHECK(client.write("abc") == 3);
    CHECK(client.write("defgh") == 2);
    CHECK(client.write("fgh") == -SF_SYSTEM);
    client.host.drain();
    CHECK(client.readable.status == SF_OK);
    CHECK(client.read() == -SF_CLOSED);
    server.host.drain();
    CHECK(server.read() == 5);
    CHECK(server.received == "abcde");
    CHECK(server.read() == -SF_CLOSED);
}

TEST_CASE("scripted-transport: a write fails where its option says, and whoever writes on is found out")
{
    Side server;
    Side client({{"fail_write_at", "5"}});
    join(server, client);
    CHECK(client.write("abcdefgh") == 5);
    CHECK(client.write("fgh") == -SF_FAILED);
    CHECK(server.read() == 5);
    CHECK(server.received == "abcde");
    CHECK(server.read() == -SF_WOULD_BLOCK);
    server.wait(SF_READABLE);
    CHECK(client.write("fgh") == 3);
    server.host.drain();
    CHECK(server.readable.status == SF_OK);
    CHECK(server.read() == -SF_FAILED);
}

TEST_CASE("scripted-transport: a write fails for lack of memory if its option says so")
{
    Side server;
    Side client({{"fail_write_at", "5"}, {"fail_for_memory", "true"}});
    join(server, client);
    CHECK(client.write("abcdefgh") == 5);
    CHECK(client.write("fgh") == -SF_NO_MEMORY);
}

TEST_CASE("scripted-transport: a writer stalls where its option says, until the other end has written enough")
{
    Side server;
    Side client({{"stall_write_at", "5"}, {"stall_until", "3"}});
    join(server, client);
    CHECK(client.write("abcdefgh") == 5);
    CHECK(client.write("fgh") == -SF_WOULD_BLOCK);
    CHECK(server.read() == 5);
    client.wait(SF_WRITABLE);
    CHECK(server.write("12") == 2);
    client.host.drain();
    CHECK(client.writable.calls == 0);
    CHECK(server.write("3") == 1);
    client.host.drain();
    CHECK(client.writable.calls == 1);
    CHECK(client.write("fgh") == 3);
    CHECK(server.read() == 3);
}

TEST_CASE("scripted-transport: a cancelled dial calls back once, and its connection ends")
{
    Side server;
    Side client;
    const std::string name = fresh_name();
    REQUIRE(server.listen(name) == SF_OK);
    REQUIRE(client.dial(name) == SF_OK);
    client.table.dial_cancel(client.dialling);
    CHECK(client.dialed.calls == 0);
    client.host.drain();
    CHECK(client.dialed.calls == 1);
    CHECK(client.dialed.status == SF_CANCELLED);
    CHECK(client.dialed.stream == nullptr);
    server.host.drain();
    server.own(server.accepted.stream);
    CHECK(server.read() == -SF_CLOSED);
}

TEST_CASE("scripted-transport: nothing is accepted after the listener was closed")
{
    Side server;
    Side client;
    const std::string name = fresh_name();
    REQUIRE(server.listen(name) == SF_OK);
    REQUIRE(client.dial(name) == SF_OK);
    server.close_listener();
    server.host.drain();
    CHECK(server.accepted.calls == 0);
    client.host.drain();
    client.own(client.dialed.stream);
    CHECK(client.read() == -SF_CLOSED);
}
