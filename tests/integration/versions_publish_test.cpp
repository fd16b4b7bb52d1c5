// Publishers and subscribers of each version of ZMTP, byte by byte, against the whole kernel.
#include "fake_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <semaphore>
#include <string>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Version = FakePeer::Version;
using Frames = FakePeer::Frames;
using Wish = FakePeer::Wish;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::array<Version, 3> all_versions{Version::zmtp_2_0, Version::zmtp_3_0, Version::zmtp_3_1};

// Plays `fake` on a thread of its own, connected to a socket of `pattern`, and `ours` here.
void with_each_version(const char* pattern, const char* lines, const char* their_pattern,
                       const std::function<void(Socket&)>& ours, const std::function<void(FakePeer&)>& fake)
{
    for (const Version version : all_versions)
    {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{1000}})
        {
            for (const unsigned threads : all_threads)
            {
                CAPTURE(static_cast<int>(version));
                CAPTURE(piece);
                CAPTURE(threads);
                TestKernel kernel({.threads = threads,
                                   .sockets = socket_lines("ours", pattern,
                                                           std::string(lines) + "\nbind tcp://127.0.0.1:*")});
                Socket socket = kernel["ours"];
                FakePeer peer(RawPeer(socket.last_endpoint()), {version, their_pattern, "", piece});
                Threads player;
                player.start(
                    [&]
                    {
                        peer.shake_hands();
                        fake(peer);
                    });
                ours(socket);
                player.join();
            }
        }
    }
}

} // namespace

TEST_CASE("trap: a PUB sends a peer of each version what it subscribed to, and nothing before")
{
    for (const char* pattern : {"pub", "xpub"})
    {
        std::binary_semaphore sent(0);
        with_each_version(
            pattern, "", "SUB",
            [&](Socket& socket)
            {
                REQUIRE(socket.wait_for_peers(1, limit));
                must_send(socket, Message("a before any subscription"));
                sent.release();
                REQUIRE(socket.wait_for_subscribers("a", 1, limit));
                must_send(socket, Message("b before its time"));
                must_send(socket, Message{"a", "", "first"});
                REQUIRE(socket.wait_for_subscribers("b", 1, limit));
                must_send(socket, Message("a after its time"));
                must_send(socket, Message("b"));
                error_code error;
                socket.flush(limit, error);
                CHECK(!error);
            },
            [&](FakePeer& peer)
            {
                sent.acquire();
                peer.subscribe("a");
                CHECK(peer.receive() == Frames{"a", "", "first"});
                peer.cancel("a");
                peer.subscribe("b");
                CHECK(peer.receive() == Frames{"b"});
            });
    }
}

TEST_CASE("a SUB tells a PUB of each version its topics, and takes only what fits")
{
    with_each_version(
        "sub", "subscribe early", "PUB",
        [](Socket& socket)
        {
            REQUIRE(socket.wait_for_peers(1, limit));
            CHECK(text_of(must_receive(socket)) == "early bird");
            socket.subscribe("late");
            CHECK(text_of(must_receive(socket)) == "late riser");
            socket.unsubscribe("early");
            socket.subscribe("");
            CHECK(text_of(must_receive(socket)) == "last");
        },
        [](FakePeer& peer)
        {
            CHECK(peer.hear_wish() == Wish{true, "early"});
            peer.send({"late, too soon"});
            peer.send({"early bird"});
            CHECK(peer.hear_wish() == Wish{true, "late"});
            peer.send({"late riser"});
            CHECK(peer.hear_wish() == Wish{false, "early"});
            CHECK(peer.hear_wish() == Wish{true, ""});
            peer.send({"last"});
        });
}

TEST_CASE("trap: an XPUB gives 01 and 00 with the topic, whatever the version, and cancels when a peer goes")
{
    const std::string on = "\1";
    const std::string off(1, '\0');
    with_each_version(
        "xpub", "", "SUB",
        [&](Socket& socket)
        {
            CHECK(text_of(must_receive(socket)) == on + "kept");
            CHECK(text_of(must_receive(socket)) == on + "cancelled");
            CHECK(text_of(must_receive(socket)) == off + "cancelled");
            CHECK(text_of(must_receive(socket)) == off + "kept");
        },
        [](FakePeer& peer)
        {
            peer.subscribe("kept");
            peer.subscribe("cancelled");
            peer.cancel("cancelled");
            peer.raw().close();
        });
}
