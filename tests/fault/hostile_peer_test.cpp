// Peers that are broken or hostile cost their own connection, and nothing else.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <functional>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

// A server that must go on serving while somebody misbehaves.
class Server
{
public:
    Server(const char* pattern, unsigned threads)
        : kernel_({.threads = threads,
                   .sockets = socket_lines("server", pattern,
                                           "max_message_size 100000B\nbind {\n"
                                           "endpoint tcp://127.0.0.1:*\nhandshake_ivl 100ms\n}") +
                              socket_lines("good", client_of(pattern))})
        , server_(kernel_["server"])
        , good_(kernel_["good"])
    {
        good_.connect(server_.last_endpoint());
    }

    TestKernel& kernel()
    {
        return kernel_;
    }

    std::string_view peer_type() const
    {
        return server_.pattern() == "pull" ? "PUSH" : "DEALER";
    }

    std::string endpoint() const
    {
        return server_.last_endpoint();
    }

    // Waits until a connection of the server's ended as `kind` with one of the errors; returns the reason.
    std::string await_end(Event::Kind kind, std::initializer_list<error_code> errors)
    {
        std::string reason;
        kernel_.await(
            [&](const Happenings& happenings)
            {
                const auto found =
                    std::find_if(happenings.begin(), happenings.end(),
                                 [&](const Happening& happening)
                                 {
                                     return happening.socket == "server" && happening.kind == kind;
                                 });
                if (found == happenings.end())
                {
                    return false;
                }
                reason = found->reason;
                CAPTURE(found->error.message());
                CAPTURE(reason);
                CHECK(std::any_of(errors.begin(), errors.end(),
                                  [&](const error_code& code)
                                  {
                                      return found->error == code;
                                  }));
                CHECK(!reason.empty());
                CHECK(!found->peer.empty());
                return true;
            },
            "the connection ended");
        return reason;
    }

    // One message of the good peer comes through, and nothing else did.
    void check_service()
    {
        must_send(good_, Message("good"));
        const Message message = must_receive(server_);
        CHECK(message.back().text() == "good");
        CHECK(server_.ledger().arrived == server_.ledger().delivered);
        CHECK(server_.ledger().peers == 1);
    }

private:
    static const char* client_of(std::string_view pattern)
    {
        return pattern == "pull" ? "push" : "dealer";
    }

    TestKernel kernel_;
    Socket server_;
    Socket good_;
};

using Misdeed = std::function<void(Server&, RawPeer&)>;

// What fits the server.
std::string introduction(const Server& server)
{
    return greeting() + ready(server.peer_type());
}

void commit(const Misdeed& misdeed)
{
    for (const char* pattern : {"router", "pull"})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(std::string(pattern));
            CAPTURE(threads);
            Server server(pattern, threads);
            server.check_service();
            RawPeer peer(server.endpoint());
            misdeed(server, peer);
            server.check_service();
        }
    }
}

// Reads what the server says until it hangs up, while the server is driven.
void expect_hang_up(Server& server, RawPeer& peer, Event::Kind kind, std::initializer_list<error_code> errors)
{
    Threads reader;
    reader.start(
        [&]
        {
            peer.read_to_end();
        });
    server.await_end(kind, errors);
    reader.join();
}

void says(const std::string& bytes, std::initializer_list<error_code> errors)
{
    commit(
        [&](Server& server, RawPeer& peer)
        {
            peer.send(bytes);
            expect_hang_up(server, peer, Event::Kind::failed, errors);
        });
}

void is_ready_then_says(const std::string& bytes, errc error)
{
    commit(
        [&](Server& server, RawPeer& peer)
        {
            peer.send(introduction(server) + bytes);
            expect_hang_up(server, peer, Event::Kind::disconnected, {error});
        });
}

std::size_t resident_bytes()
{
    std::ifstream file("/proc/self/statm");
    std::size_t total = 0;
    std::size_t resident = 0;
    file >> total >> resident;
    return resident * 4096;
}

} // namespace

TEST_CASE("a peer that sends garbage is hung up on")
{
    std::string garbage;
    for (unsigned i = 0; i < 1000; ++i)
    {
        garbage += static_cast<char>(i * 37 + 1);
    }
    says(garbage, {errc::protocol_error});
}

TEST_CASE("trap: HTTP, a port scanner or fb 18 ff ff fb 1f ff fb 20 cost a connection, not a gigabyte")
{
    const std::size_t before = resident_bytes();
    for (const std::string& bytes :
         {std::string("GET / HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\n\r\n"),
          std::string("\xfb\x18\xff\xff\xfb\x1f\xff\xfb\x20"),
          std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11), std::string("\r\n\r\n"),
          std::string("SSH-2.0-scanner\r\n"), std::string(10, '\xff') + "\x03" + std::string(53, '\xff')})
    {
        CAPTURE(bytes);
        says(bytes, {errc::protocol_error});
    }
    CHECK(resident_bytes() < before + (std::size_t{64} << 20U));
}

TEST_CASE("a peer that stops in its greeting is hung up on when its time is up")
{
    says(greeting().substr(0, 30), {errc::timed_out});
}

TEST_CASE("a peer that stops before READY is hung up on when its time is up")
{
    says(greeting(), {errc::timed_out});
}

TEST_CASE("a peer that stops before its ZMTP 2.0 identity is hung up on when its time is up")
{
    says(greeting().substr(0, 10) + "\1\5", {errc::timed_out});
}

TEST_CASE("a peer that says nothing is hung up on when its time is up")
{
    says("", {errc::timed_out});
}

TEST_CASE("a peer that connects and goes is forgotten")
{
    commit(
        [](Server& server, RawPeer& peer)
        {
            peer.close();
            server.await_end(Event::Kind::failed, {errc::connection_closed,
                                                   error_code(ECONNRESET, boost::system::system_category())});
        });
}

TEST_CASE("trap: a frame that claims 2^63 bytes takes no memory (CVE-2019-6250)")
{
    const std::size_t before = resident_bytes();
    // ZMTP has no such length: its highest bit is always clear.
    is_ready_then_says("\x02\x80" + std::string(7, '\0') + "some bytes", errc::protocol_error);
    is_ready_then_says("\x02\x7f" + std::string(7, '\xff') + "some bytes", errc::too_large);
    CHECK(resident_bytes() < before + (std::size_t{256} << 20U));
}

TEST_CASE("a frame beyond max_message_size ends the connection, and so do frames that exceed it together")
{
    is_ready_then_says(frame(std::string(100'001, 'x')).substr(0, 100), errc::too_large);
    is_ready_then_says(frame(std::string(60'000, 'x'), true) + frame(std::string(60'000, 'x')),
                       errc::too_large);
}

TEST_CASE("a command with MORE set ends the connection")
{
    is_ready_then_says(frame("\4PING" + std::string(2, '\0'), true, true), errc::protocol_error);
}

TEST_CASE("trap: partial multiparts are dropped at a disconnect, coming in")
{
    commit(
        [](Server& server, RawPeer& peer)
        {
            peer.send(introduction(server) + frame("half", true) + frame("and the rest").substr(0, 5));
            server.kernel().await(Event::Kind::ready, 3);
            peer.close();
            server.await_end(
                Event::Kind::disconnected,
                {errc::connection_closed, error_code(ECONNRESET, boost::system::system_category())});
        });
}

TEST_CASE("a peer of a socket type that does not fit is refused by name")
{
    for (const char* type : {"SUB", "PAIR", "NONSENSE", ""})
    {
        CAPTURE(std::string(type));
        commit(
            [&](Server& server, RawPeer& peer)
            {
                peer.send(greeting() + ready(type));
                expect_hang_up(server, peer, Event::Kind::failed,
                               {errc::incompatible_peer, errc::protocol_error});
            });
    }
}

TEST_CASE("a peer that dials us and refuses us by reset after the handshake is only lost")
{
    commit(
        [](Server& server, RawPeer& peer)
        {
            peer.send(introduction(server));
            server.kernel().await(Event::Kind::ready, 3);
            peer.reset();
            server.kernel().await(Event::Kind::disconnected);
        });
}
