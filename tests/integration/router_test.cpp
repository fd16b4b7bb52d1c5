// ROUTER: identities, unknown and double ones.
#include "content.hpp"
#include "fake_peer.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string router(std::string_view lines = {})
{
    return socket_lines("router", "router", std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

Message to(std::string_view identity, std::string_view text)
{
    return Message{identity, text};
}

} // namespace

TEST_CASE("trap: a peer whose identity is empty gets one of a zero byte and 4 bytes")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = router() + socket_lines("given", "dealer", "identity Ada") +
                                      socket_lines("nameless", "dealer") + socket_lines("second", "dealer")});
        Socket server = kernel["router"];
        std::vector<std::string> made;
        for (const char* name : {"given", "nameless", "second"})
        {
            Socket dealer = kernel[name];
            dealer.connect(server.last_endpoint());
            must_send(dealer, Message("hello"));
            Message request = must_receive(server);
            REQUIRE(request.size() == 2);
            CHECK(text_of(request, 1) == "hello");
            made.push_back(text_of(request));
            must_send(server, std::move(request));
            CHECK(text_of(must_receive(dealer)) == "hello");
        }
        CHECK(made[0] == "Ada");
        for (const std::size_t i : {1U, 2U})
        {
            CHECK(made[i].size() == 5);
            CHECK(made[i].front() == '\0');
        }
        CHECK(made[1] != made[2]);
        const Happenings happenings = kernel.happenings();
        for (const std::string& identity : made)
        {
            CHECK(std::any_of(happenings.begin(), happenings.end(),
                              [&](const Happening& happening)
                              {
                                  return happening.kind == Event::Kind::ready &&
                                         happening.socket == "router" && happening.identity == identity;
                              }));
        }
    }
}

TEST_CASE("a ROUTER sends to the one of many DEALERs that the first frame names")
{
    constexpr std::size_t dealers = 12;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        std::string sockets = router();
        for (std::size_t i = 0; i < dealers; ++i)
        {
            const std::string name = "d" + std::to_string(i);
            sockets += socket_lines(name, "dealer", "identity " + name);
        }
        TestKernel kernel({.threads = threads, .sockets = sockets});
        Socket server = kernel["router"];
        for (std::size_t i = 0; i < dealers; ++i)
        {
            kernel["d" + std::to_string(i)].connect(server.last_endpoint());
        }
        REQUIRE(server.wait_for_peers(dealers, limit));
        for (int round = 0; round < 20; ++round)
        {
            for (std::size_t i = 0; i < dealers; ++i)
            {
                const std::string name = "d" + std::to_string(i);
                must_send(server, to(name, name + " " + std::to_string(round)));
            }
        }
        for (std::size_t i = 0; i < dealers; ++i)
        {
            const std::string name = "d" + std::to_string(i);
            Socket dealer = kernel[name];
            for (int round = 0; round < 20; ++round)
            {
                CHECK(text_of(must_receive(dealer)) == name + " " + std::to_string(round));
            }
        }
    }
}

TEST_CASE("a message to nobody is dropped and counted, or refused where router_mandatory is set")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = router() + socket_lines("strict", "router", "router_mandatory true")});
        error_code error;
        Socket lax = kernel["router"];
        lax.send(to("nobody", "x"), limit, error);
        CHECK_FALSE(error);
        CHECK(lax.ledger().dropped_unroutable == 1);
        CHECK(lax.ledger().accepted == 1);

        Socket strict = kernel["strict"];
        Message message = to("nobody", "x");
        strict.send(std::move(message), limit, error);
        CHECK(error == errc::host_unreachable);
        CHECK(text_of(message, 1) == "x");
        CHECK(strict.ledger().accepted == 0);
        std::array<Message, 2> batch{to("a", "x"), to("b", "x")};
        CHECK(strict.send_batch(batch, limit, error) == 0);
        CHECK(error == errc::host_unreachable);

        lax.send(Message("identity alone"), limit, error);
        CHECK(error == errc::invalid_argument);
    }
}

TEST_CASE("a full peer of a ROUTER costs its own messages only, or makes the sender wait")
{
    for (const bool mandatory : {false, true})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(mandatory);
            CAPTURE(threads);
            TestKernel kernel({.threads = threads,
                               .sockets = socket_lines("router", "router",
                                                       "send_hwm 5\nbind {\nendpoint tcp://127.0.0.1:*\n"
                                                       "sndbuf 16KiB\n}\nrouter_mandatory " +
                                                           std::string(mandatory ? "true" : "false")) +
                                          socket_lines("good", "dealer", "identity good")});
            Socket server = kernel["router"];
            RawPeer slow(server.last_endpoint(), 16384);
            kernel["good"].connect(server.last_endpoint());
            Threads handshake;
            handshake.start(
                [&]
                {
                    slow.shake_hands("DEALER", "slow");
                });
            REQUIRE(server.wait_for_peers(2, limit));
            handshake.join();
            const std::string text = body(2, 100'000);
            error_code error;
            kernel.await_state(
                [&]
                {
                    server.send(to("slow", text), no_wait, error);
                    return mandatory ? error && server.ledger().queued == 5
                                     : server.ledger().dropped_full >= 3;
                },
                "the slow peer is full");
            CHECK(bool(error) == mandatory);
            CHECK((!mandatory || error == errc::would_block));
            must_send(server, to("good", "fine"));
            Socket good = kernel["good"];
            CHECK(text_of(must_receive(good)) == "fine");
            if (mandatory)
            {
                Threads waiting;
                waiting.start(
                    [&]
                    {
                        server.send(to("slow", text), limit, error);
                    });
                slow.reset();
                waiting.join();
                CHECK((!error || error == errc::host_unreachable));
            }
            else
            {
                slow.reset();
            }
            kernel.await(Event::Kind::disconnected);
            CHECK(server.ledger().dropped_peer_lost >= 1);
        }
    }
}

TEST_CASE("trap: a duplicate of a live peer is refused with an event")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = router() + socket_lines("first", "dealer", "identity twin") +
                                      socket_lines("second", "dealer", "identity twin\nreconnect none")});
        Socket server = kernel["router"];
        kernel["first"].connect(server.last_endpoint());
        REQUIRE(server.wait_for_peers(1, limit));
        kernel["second"].connect(server.last_endpoint());
        kernel.await(
            [](const Happenings& happenings)
            {
                return std::any_of(happenings.begin(), happenings.end(),
                                   [](const Happening& happening)
                                   {
                                       return happening.socket == "router" &&
                                              happening.kind == Event::Kind::failed &&
                                              happening.error == errc::refused &&
                                              happening.identity == "twin";
                                   });
            },
            "the twin is refused");
        must_send(server, to("twin", "for the first"));
        Socket first = kernel["first"];
        CHECK(text_of(must_receive(first)) == "for the first");
        CHECK(server.ledger().peers == 1);
        CHECK(server.ledger().failures == 1);
    }
}

TEST_CASE("trap: with handover on, a duplicate of a live peer takes its identity over")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = router("router_handover true") +
                                      socket_lines("first", "dealer", "identity twin\nreconnect none") +
                                      socket_lines("second", "dealer", "identity twin")});
        Socket server = kernel["router"];
        kernel["first"].connect(server.last_endpoint());
        REQUIRE(server.wait_for_peers(1, limit));
        kernel["second"].connect(server.last_endpoint());
        kernel.await(
            [](const Happenings& happenings)
            {
                return 1 == std::count_if(happenings.begin(), happenings.end(),
                                          [](const Happening& happening)
                                          {
                                              return happening.socket == "router" &&
                                                     happening.kind == Event::Kind::disconnected;
                                          });
            },
            "the first is closed");
        kernel.await_state(
            [&]
            {
                return kernel["second"].ledger().peers == 1 && server.ledger().connections == 2;
            },
            "the second is there");
        must_send(server, to("twin", "for the second"));
        Socket second = kernel["second"];
        CHECK(text_of(must_receive(second)) == "for the second");
    }
}

TEST_CASE("trap: a peer whose connection is gone is no duplicate, and nothing goes to its ghost")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = router("router_mandatory true")});
        Socket server = kernel["router"];
        for (int life = 0; life < 3; ++life)
        {
            RawPeer peer(server.last_endpoint());
            Threads handshake;
            handshake.start(
                [&]
                {
                    peer.shake_hands("DEALER", "phoenix");
                });
            REQUIRE(server.wait_for_peers(1, limit));
            must_send(server, to("phoenix", "alive"));
            handshake.join();
            unsigned flags = 0;
            CHECK(peer.read_frame(flags) == "alive");
            peer.close();
            kernel.await(Event::Kind::disconnected, static_cast<std::size_t>(life) + 1);
            error_code error;
            server.send(to("phoenix", "dead"), limit, error);
            CHECK(error == errc::host_unreachable);
        }
    }
}

TEST_CASE("trap: a peer whose heartbeat failed is no duplicate")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("router", "router",
                                     "bind {\nendpoint tcp://127.0.0.1:*\nheartbeat_ivl 10ms\n}") +
                        socket_lines("successor", "dealer", "identity name")});
        Socket server = kernel["router"];
        // It stays connected, and says nothing more.
        FakePeer hung(RawPeer(server.last_endpoint()), {FakePeer::Version::zmtp_3_1, "DEALER", "name"});
        Threads handshake;
        handshake.start(
            [&]
            {
                hung.shake_hands();
            });
        kernel.await(Event::Kind::disconnected);
        handshake.join();
        const Happenings happenings = kernel.happenings();
        CHECK(happenings.back().identity == "name");
        CHECK(happenings.back().error == errc::timed_out);

        Socket successor = kernel["successor"];
        successor.connect(server.last_endpoint());
        REQUIRE(server.wait_for_peers(1, limit));
        must_send(server, to("name", "for the successor"));
        CHECK(text_of(must_receive(successor)) == "for the successor");
        CHECK(server.ledger().failures == 0);
    }
}
