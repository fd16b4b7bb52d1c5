// Peers of each version of ZMTP, byte by byte, against the whole kernel.
#include "fake_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using Version = FakePeer::Version;
using Frames = FakePeer::Frames;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::array<Version, 3> all_versions{Version::zmtp_2_0, Version::zmtp_3_0, Version::zmtp_3_1};

// Of every kind that the framing tells apart, and one that is read straight into memory of its own.
std::vector<Frames> all_messages(std::size_t piece)
{
    const std::size_t large = piece < 100 ? 3'000 : 200'000;
    return {{"x"},
            {""},
            {std::string(255, 'a')},
            {std::string(256, 'b')},
            {"one", "", "three"},
            {std::string(300, 'c'), std::string(2'000, 'd'), "last"},
            {std::string(large, 'e')},
            {"\1looks like a subscription"},
            {"end"}};
}

Message message_of(const Frames& frames)
{
    Message message;
    for (const std::string& frame : frames)
    {
        message.push_back(std::string_view(frame));
    }
    return message;
}

Frames frames_of(const Message& message)
{
    Frames frames;
    for (std::size_t i = 0; i < message.size(); ++i)
    {
        frames.push_back(text_of(message, i));
    }
    return frames;
}

void must_flush(Socket& socket)
{
    error_code error;
    socket.flush(limit, error);
    CHECK(!error);
}

// A socket of ours and the fake peer, connected either way round.
struct Encounter
{
    Version version;
    std::size_t piece;
    unsigned threads;
    bool we_dial;

    // `fake` plays on a thread of its own, after its handshake; `ours` here.
    void meet(const char* pattern, const char* their_pattern, const std::function<void(Socket&)>& ours,
              const std::function<void(FakePeer&)>& fake) const
    {
        CAPTURE(static_cast<int>(version));
        CAPTURE(piece);
        CAPTURE(threads);
        CAPTURE(we_dial);
        CAPTURE(std::string(pattern));
        TestKernel kernel({.threads = threads, .sockets = socket_lines("ours", pattern, "identity Ada")});
        Socket socket = kernel["ours"];
        std::optional<RawListener> port;
        std::optional<RawPeer> line;
        if (we_dial)
        {
            port.emplace();
            socket.connect(port->endpoint());
        }
        else
        {
            line.emplace(socket.bind("tcp://127.0.0.1:*"));
        }
        std::optional<FakePeer> peer;
        Threads player;
        player.start(
            [&]
            {
                peer.emplace(we_dial ? port->accept() : std::move(*line),
                             FakePeer::Manner{version, their_pattern, "fake", piece});
                peer->shake_hands();
                fake(*peer);
            });
        ours(socket);
        player.join();
        CHECK(peer->their_pattern() == socket_type(pattern));
        CHECK(peer->their_identity() == (has_identity(pattern) ? "Ada" : ""));
        CHECK(socket.ledger().failures == 0);
    }

    static std::string socket_type(std::string pattern)
    {
        for (char& letter : pattern)
        {
            letter = static_cast<char>(letter - 'a' + 'A');
        }
        return pattern;
    }

    static bool has_identity(std::string_view pattern)
    {
        return pattern == "dealer" || pattern == "router" || pattern == "req";
    }
};

void for_each_encounter(const std::function<void(const Encounter&)>& act)
{
    for (const Version version : all_versions)
    {
        for (const std::size_t piece : {std::size_t{1}, std::size_t{7}, std::size_t{1} << 20U})
        {
            for (const unsigned threads : all_threads)
            {
                for (const bool we_dial : {false, true})
                {
                    act({version, piece, threads, we_dial});
                }
            }
        }
    }
}

} // namespace

TEST_CASE("a PULL receives from a PUSH of each version, byte by byte")
{
    for_each_encounter(
        [](const Encounter& encounter)
        {
            encounter.meet(
                "pull", "PUSH",
                [&](Socket& socket)
                {
                    for (const Frames& expected : all_messages(encounter.piece))
                    {
                        CHECK(frames_of(must_receive(socket)) == expected);
                    }
                },
                [&](FakePeer& peer)
                {
                    for (const Frames& message : all_messages(encounter.piece))
                    {
                        peer.send(message);
                    }
                });
        });
}

TEST_CASE("a PUSH sends to a PULL of each version")
{
    for_each_encounter(
        [](const Encounter& encounter)
        {
            encounter.meet(
                "push", "PULL",
                [&](Socket& socket)
                {
                    for (const Frames& message : all_messages(encounter.piece))
                    {
                        must_send(socket, message_of(message));
                    }
                    must_flush(socket);
                },
                [&](FakePeer& peer)
                {
                    for (const Frames& expected : all_messages(encounter.piece))
                    {
                        CHECK(peer.receive() == expected);
                    }
                });
        });
}

TEST_CASE("a ROUTER answers a DEALER of each version by its identity")
{
    for_each_encounter(
        [](const Encounter& encounter)
        {
            encounter.meet(
                "router", "DEALER",
                [&](Socket& socket)
                {
                    for (const Frames& message : all_messages(encounter.piece))
                    {
                        Message request = must_receive(socket);
                        REQUIRE(request.size() == message.size() + 1);
                        CHECK(text_of(request) == "fake");
                        must_send(socket, std::move(request));
                    }
                    must_flush(socket);
                },
                [&](FakePeer& peer)
                {
                    for (const Frames& message : all_messages(encounter.piece))
                    {
                        peer.send(message);
                        CHECK(peer.receive() == message);
                    }
                });
        });
}

TEST_CASE("a DEALER asks a ROUTER of each version")
{
    for_each_encounter(
        [](const Encounter& encounter)
        {
            encounter.meet(
                "dealer", "ROUTER",
                [&](Socket& socket)
                {
                    for (const Frames& message : all_messages(encounter.piece))
                    {
                        must_send(socket, message_of(message));
                        CHECK(frames_of(must_receive(socket)) == message);
                    }
                },
                [&](FakePeer& peer)
                {
                    for (std::size_t i = 0; i < all_messages(encounter.piece).size(); ++i)
                    {
                        peer.send(peer.receive());
                    }
                });
        });
}

TEST_CASE("a REP answers a REQ of each version, and a REQ asks a REP")
{
    for_each_encounter(
        [](const Encounter& encounter)
        {
            encounter.meet(
                "rep", "REQ",
                [](Socket& socket)
                {
                    CHECK(text_of(must_receive(socket)) == "question");
                    must_send(socket, Message("answer"));
                    must_flush(socket);
                },
                [](FakePeer& peer)
                {
                    peer.send({"", "question"});
                    CHECK(peer.receive() == Frames{"", "answer"});
                });
            encounter.meet(
                "req", "REP",
                [](Socket& socket)
                {
                    must_send(socket, Message("question"));
                    CHECK(text_of(must_receive(socket)) == "answer");
                },
                [](FakePeer& peer)
                {
                    CHECK(peer.receive() == Frames{"", "question"});
                    peer.send({"", "answer"});
                });
        });
}

TEST_CASE("a peer of each version whose pattern does not fit is refused by name, from 3.0 on with an ERROR")
{
    for (const Version version : all_versions)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(static_cast<int>(version));
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
            Socket pull = kernel["pull"];
            FakePeer peer(RawPeer(pull.last_endpoint()), {version, "SUB", ""});
            std::string last_words;
            Threads player;
            player.start(
                [&]
                {
                    peer.introduce_itself();
                    last_words = peer.raw().read_to_end();
                });
            kernel.await(Event::Kind::failed);
            player.join();
            const Happenings happenings = kernel.happenings();
            CHECK(happenings.back().error == errc::incompatible_peer);
            CHECK(happenings.back().reason.find("SUB") != std::string::npos);
            CHECK(pull.ledger().peers == 0);
            CHECK((last_words.find("\5ERROR") != std::string::npos) == (version != Version::zmtp_2_0));
        }
    }
}

TEST_CASE("a PING of a 3.1 peer is answered with its context")
{
    for (const std::size_t piece : {std::size_t{1}, std::size_t{100}})
    {
        for (const unsigned threads : all_threads)
        {
            Encounter{Version::zmtp_3_1, piece, threads, false}.meet(
                "pull", "PUSH",
                [](Socket& socket)
                {
                    CHECK(text_of(must_receive(socket)) == "first");
                    CHECK(text_of(must_receive(socket)) == "last");
                },
                [](FakePeer& peer)
                {
                    peer.send({"first"});
                    CHECK(peer.ping("sixteen bytes !!") == "sixteen bytes !!");
                    CHECK(peer.ping("") == "");
                    peer.send({"last"});
                });
        }
    }
}
