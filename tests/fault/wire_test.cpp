// What goes wrong on the wire between a peer and a pattern (docs/wire.md).
#include "fake_peer.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Version = FakePeer::Version;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::array<Version, 3> all_versions{Version::zmtp_2_0, Version::zmtp_3_0, Version::zmtp_3_1};

std::string listening(std::string_view name, std::string_view pattern, std::string_view lines = {})
{
    return socket_lines(name, pattern, std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

void must_flush(Socket& socket)
{
    error_code error;
    socket.flush(limit, error);
    CHECK(!error);
}

} // namespace

TEST_CASE("trap: a peer is not attached to a pattern before it is authorised (CVE-2020-15166)")
{
    constexpr int messages = 50;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = listening("push", "push")});
        Socket push = kernel["push"];
        // Each stops somewhere before its end.
        const std::string whole = greeting(1) + ready("PULL");
        std::vector<RawPeer> halves;
        for (const std::size_t length : {std::size_t{0}, std::size_t{11}, std::size_t{64}, whole.size() - 1})
        {
            halves.emplace_back(push.last_endpoint());
            halves.back().send(whole.substr(0, length));
        }
        RawPeer refused(push.last_endpoint());
        refused.send(greeting(1) + ready("SUB") + frame("smuggled"));
        kernel.await(Event::Kind::failed);
        kernel.await(Event::Kind::accepted, halves.size() + 1);
        CHECK(push.ledger().peers == 0);
        error_code error;
        push.send(Message("for nobody"), no_wait, error);
        CHECK(error == errc::would_block);

        FakePeer good(RawPeer(push.last_endpoint()), {Version::zmtp_3_1, "PULL", "", 1000});
        Threads player;
        player.start(
            [&]
            {
                good.shake_hands();
                for (int i = 0; i < messages; ++i)
                {
                    CHECK(good.receive() == FakePeer::Frames{std::to_string(i)});
                }
            });
        for (int i = 0; i < messages; ++i)
        {
            must_send(push, Message(std::to_string(i)));
        }
        must_flush(push);
        player.join();
        CHECK(push.ledger().peers == 1);
        CHECK(push.ledger().arrived == 0);
    }
}

TEST_CASE("trap: partial multiparts are dropped at a disconnect, going out")
{
    constexpr std::size_t messages = 12;
    const std::string body(300'000, 'b');
    for (const Version version : all_versions)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(static_cast<int>(version));
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads, .sockets = socket_lines("push", "push", "reconnect_ivl 5ms")});
            Socket push = kernel["push"];
            RawListener port(4096);
            push.connect(port.endpoint());
            std::vector<FakePeer::Frames> received;
            Threads player;
            player.start(
                [&]
                {
                    const FakePeer::Manner manner{version, "PULL", "", 1000};
                    // Goes in the middle of the second message.
                    FakePeer torn(port.accept(), manner);
                    torn.shake_hands();
                    torn.receive();
                    torn.raw().read(body.size() / 2);
                    torn.raw().reset();

                    FakePeer whole(port.accept(), manner);
                    whole.shake_hands();
                    const std::string last = "tail " + std::to_string(messages - 1);
                    while (received.empty() || received.back().back() != last)
                    {
                        received.push_back(whole.receive());
                    }
                });
            for (std::size_t i = 0; i < messages; ++i)
            {
                const std::string number = std::to_string(i);
                Message message("head " + number);
                message.push_back(body);
                message.push_back("tail " + number);
                must_send(push, std::move(message));
            }
            must_flush(push);
            player.join();
            CHECK(received.size() < messages);
            for (std::size_t i = 0; i < received.size(); ++i)
            {
                const std::string number = std::to_string(messages - received.size() + i);
                CHECK(received[i] == FakePeer::Frames{"head " + number, body, "tail " + number});
            }
        }
    }
}

TEST_CASE("an ERROR in the handshake reaches the event with what prints of its reason")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = socket_lines("push", "push", "reconnect none")});
        Socket push = kernel["push"];
        RawListener port;
        push.connect(port.endpoint());
        Threads player;
        player.start(
            [&]
            {
                RawPeer peer = port.accept();
                peer.send(greeting(1) + frame("\5ERROR\x09go\naway\x1b!", false, true));
                peer.read_to_end();
            });
        kernel.await(Event::Kind::failed);
        player.join();
        bool told = false;
        for (const Happening& happening : kernel.happenings())
        {
            if (happening.kind == Event::Kind::failed)
            {
                CHECK(happening.error == errc::refused);
                CHECK(happening.reason == "the peer ended the connection: go?away?!");
                told = true;
            }
        }
        CHECK(told);
    }
}
