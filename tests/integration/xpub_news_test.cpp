// An XPUB whose application does not receive for a while, or never: what waits to be told of subscriptions.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
const std::array<std::string, 4> all_options{"", "xpub_verbose true", "xpub_verboser true",
                                             "xpub_manual true"};

std::string on(std::string_view topic)
{
    return std::string(1, '\1') + std::string(topic);
}

std::string off(std::string_view topic)
{
    return std::string(1, '\0') + std::string(topic);
}

// An XPUB, and peers that say what a test wants.
class Newsroom
{
public:
    Newsroom(unsigned threads, const std::string& lines)
        : kernel({.threads = threads,
                  .sockets = socket_lines("xpub", "xpub", lines + "\nbind tcp://127.0.0.1:*")})
    {}

    // Waits until the socket has taken what a peer says. The most that waits for the application meanwhile.
    std::size_t say(RawPeer& peer, const std::string& what, bool first = true)
    {
        Threads talk;
        talk.start(
            [&]
            {
                if (first)
                {
                    peer.shake_hands("XSUB");
                }
                peer.send(what);
            });
        bytes_ += (first ? greeting().size() + ready("XSUB").size() : 0) + what.size();
        std::size_t most = 0;
        kernel.await_state(
            [&]
            {
                const Ledger ledger = server.ledger();
                most = std::max(most, static_cast<std::size_t>(ledger.pending));
                return ledger.arrived_bytes == bytes_;
            },
            "everything was read");
        talk.join();
        return most;
    }

    // Receives everything that waits, and learns of it.
    std::vector<std::string> receive_all(std::set<std::string>& known)
    {
        std::vector<std::string> heard;
        for (std::size_t left = server.ledger().pending; left > 0; --left)
        {
            heard.push_back(text_of(must_receive(server)));
            const std::string topic = heard.back().substr(1);
            if (heard.back().front() == '\1')
            {
                known.insert(topic);
            }
            else
            {
                CHECK(known.erase(topic) == 1);
            }
        }
        return heard;
    }

    TestKernel kernel;
    Socket server{kernel["xpub"]};

private:
    std::size_t bytes_ = 0;
};

// Subscribes to `count` topics, of which `window` stand at a time, and to the last ones for good.
std::string cycle(int count, int window, std::set<std::string>& truth, const std::string& prefix = "topic/")
{
    std::string changes;
    for (int i = 0; i < count; ++i)
    {
        const std::string topic = prefix + std::to_string(i);
        changes += frame(on(topic));
        truth.insert(topic);
        if (i >= window)
        {
            const std::string old = prefix + std::to_string(i - window);
            changes += frame(off(old));
            truth.erase(old);
        }
    }
    return changes;
}

} // namespace

TEST_CASE(
    "a peer that cycles through topics does not fill an XPUB that nobody receives from, who then learns "
    "the truth")
{
    constexpr int count = 10'000;
    constexpr int window = 300;
    constexpr std::size_t mark = 100;
    for (const std::string& option : all_options)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(option);
            CAPTURE(threads);
            Newsroom room(threads, "recv_hwm " + std::to_string(mark) + "\n" + option);
            RawPeer peer(room.server.last_endpoint());
            room.say(peer, frame(on("ends")) + frame(on("returns")) + frame(on("stays")));
            std::set<std::string> known;
            CHECK(room.receive_all(known).size() == 3);
            std::set<std::string> truth{"returns", "stays"};
            const std::string changes = frame(off("ends")) + frame(off("returns")) + frame(on("returns")) +
                                        cycle(count, window, truth);
            // What stands, and the three at the beginning, twice.
            constexpr std::size_t bound = 2 * (window + 1 + 3);
            CHECK(room.say(peer, changes, false) <= bound);
            CHECK(room.server.ledger().pending >= window);
            room.receive_all(known);
            CHECK(known == truth);
            CHECK(room.server.ledger().arrived == room.server.ledger().delivered);
            // And on, from what is known.
            CHECK(room.say(peer, cycle(count, window, truth), false) <= 2 * bound);
            room.receive_all(known);
            CHECK(known == truth);
        }
    }
}

TEST_CASE("a peer that subscribes to 10000 topics and cancels them, for ever, fills nothing")
{
    constexpr int count = 10'000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        Newsroom room(threads, "");
        RawPeer peer(room.server.last_endpoint());
        std::string changes;
        for (const char sign : {'\1', '\0'})
        {
            for (int i = 0; i < count; ++i)
            {
                changes += frame(sign + ("topic/" + std::to_string(i)));
            }
        }
        for (int round = 0; round < 4; ++round)
        {
            CHECK(room.say(peer, changes, round == 0) <= 2 * count);
        }
        room.say(peer, frame(on("end")), false);
        std::set<std::string> known;
        room.receive_all(known);
        CHECK(known == std::set<std::string>{"end"});
        CHECK(room.server.topics_count() == 1);
        // What waited once gives no room for more.
        CHECK(room.say(peer, changes.substr(0, changes.size() / 2), false) <= count);
        room.receive_all(known);
        std::set<std::string> ignored;
        CHECK(room.say(peer, cycle(count, 10, ignored, "other/"), false) <= 1000);
    }
}

TEST_CASE("peers that come, subscribe and go leave nothing at an XPUB that nobody receives from")
{
    constexpr int visitors = 60;
    for (const std::string& option : all_options)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(option);
            CAPTURE(threads);
            Newsroom room(threads, "recv_hwm 10\n" + option);
            RawPeer stays(room.server.last_endpoint());
            room.say(stays, frame(on("stays")));
            for (int i = 0; i < visitors; ++i)
            {
                RawPeer visitor(room.server.last_endpoint());
                room.say(visitor,
                         frame(on("stays")) + frame(on("visit")) + frame(on("visit/" + std::to_string(i))));
                visitor.reset();
                room.kernel.await(Event::Kind::disconnected, static_cast<std::size_t>(i) + 1);
            }
            CHECK(room.server.ledger().pending <= 10);
            std::vector<std::string> heard;
            for (std::size_t left = room.server.ledger().pending; left > 0; --left)
            {
                heard.push_back(text_of(must_receive(room.server)));
            }
            CHECK(heard.front() == on("stays"));
            for (const std::string& topic : {std::string("visit"), "visit/" + std::to_string(visitors - 1)})
            {
                CHECK(std::ranges::count(heard, on(topic)) == std::ranges::count(heard, off(topic)));
            }
        }
    }
}

TEST_CASE(
    "whatever an XPUB tells of subscriptions, they take effect when nobody receives, and do not pile up")
{
    constexpr int count = 500;
    constexpr std::size_t mark = 10;
    std::string changes;
    for (int i = 0; i < count; ++i)
    {
        const std::string topic = std::to_string(i) + "/";
        for (const std::string& change : {on(topic), on(topic), off(topic), off(topic), off("never" + topic)})
        {
            changes += frame(change);
        }
    }
    for (int i = 0; i < count; ++i)
    {
        changes += frame(on("stays"));
    }
    changes += frame(on("end"));
    std::string visit;
    for (int i = 0; i < count; ++i)
    {
        visit += frame(on("stays")) + frame(on("stays")) + frame(off("stays"));
    }
    for (const std::string& option : all_options)
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(option);
            CAPTURE(threads);
            Newsroom room(threads, "recv_hwm " + std::to_string(mark) + "\n" + option);
            RawPeer stays(room.server.last_endpoint());
            RawPeer visitor(room.server.last_endpoint());
            CHECK(room.say(stays, changes) <= mark);
            CHECK(room.say(visitor, visit) <= mark);
            CHECK(room.say(stays, frame(on("end")), false) <= mark);
            std::vector<std::string> heard;
            for (std::size_t left = room.server.ledger().pending; left > 0; --left)
            {
                heard.push_back(text_of(must_receive(room.server)));
            }
            CHECK(std::ranges::count(heard, on("stays")) >= 1);
            CHECK(std::ranges::count(heard, on("end")) >= 1);
            CHECK(std::ranges::count(heard, off("end")) == 0);
            stays.reset();
            std::vector<std::string> gone{text_of(must_receive(room.server)),
                                          text_of(must_receive(room.server))};
            std::sort(gone.begin(), gone.end());
            CHECK(gone == std::vector<std::string>{off("end"), off("stays")});
        }
    }
}
