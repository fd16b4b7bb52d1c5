// A great deal of messages between peers that come and go as chance will have it.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

// Both are given by CMakeLists.txt: messages at least in each direction, and lives of each peer.
#if !defined(SPACEFRAME_STRESS_MESSAGES) || !defined(SPACEFRAME_STRESS_LIVES)
#error "say how much"
#endif

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr int peers = 8;
constexpr int lives = SPACEFRAME_STRESS_LIVES;
constexpr std::uint64_t messages = SPACEFRAME_STRESS_MESSAGES;
constexpr std::size_t size_of_body = 16;
constexpr std::size_t size_of_frame = size_of_body + 2;

std::string padded(std::uint64_t number, std::size_t digits)
{
    const std::string text = std::to_string(number);
    return std::string(digits - std::min(digits, text.size()), '0') + text;
}

// PEER/LIFE/NUMBER
std::string body_of(int peer, int life, std::uint64_t number)
{
    return padded(static_cast<std::uint64_t>(peer), 2) + "/" + padded(static_cast<std::uint64_t>(life), 5) +
           "/" + padded(number % 10'000'000, 7);
}

unsigned new_seed()
{
    const unsigned seed = std::random_device{}();
    MESSAGE("seed ", seed);
    return seed;
}

std::uint64_t below(std::mt19937& random, std::uint64_t end)
{
    return std::uniform_int_distribution<std::uint64_t>(0, end - 1)(random);
}

// A sender that is refused, because those before it have left so much unread, comes again.
RawPeer enter(const std::string& endpoint)
{
    for (int refusals = 0;; ++refusals)
    {
        RawPeer peer(endpoint);
        try
        {
            peer.shake_hands("PUSH");
            return peer;
        }
        catch (const std::runtime_error&)
        {
            if (refusals == 1'000'000)
            {
                throw;
            }
            std::this_thread::yield();
        }
    }
}

// Counts, also when a thread ends with an exception.
class CountAtEnd
{
public:
    explicit CountAtEnd(std::atomic<int>& count) : count_(count)
    {}
    CountAtEnd(const CountAtEnd&) = delete;
    CountAtEnd& operator=(const CountAtEnd&) = delete;
    ~CountAtEnd()
    {
        ++count_;
    }

private:
    std::atomic<int>& count_;
};

} // namespace

TEST_CASE("a PUSH whose receivers come and go at random loses nothing that it has not written")
{
    const unsigned seed = new_seed();
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "bind tcp://127.0.0.1:*") +
                                      socket_lines("stays", "pull")});
        Socket push = kernel["push"];
        Socket stays = kernel["stays"];
        stays.connect(push.last_endpoint());
        REQUIRE(push.wait_for_peers(1, limit));
        std::atomic<int> finished{0};
        std::atomic<std::uint64_t> heard{0};
        Threads receivers;
        for (int peer = 0; peer < peers; ++peer)
        {
            receivers.start(
                [&, peer]
                {
                    const CountAtEnd end(finished);
                    std::mt19937 random(seed + static_cast<unsigned>(peer));
                    for (int life = 0; life < lives; ++life)
                    {
                        RawPeer raw(push.last_endpoint());
                        raw.shake_hands("PULL");
                        const std::uint64_t wanted = 1 + below(random, 1000);
                        const std::string bytes = raw.read(wanted * size_of_frame);
                        for (std::uint64_t i = 0; i < wanted; ++i)
                        {
                            REQUIRE(bytes.substr(i * size_of_frame, 2) == std::string("\0\x10", 2));
                        }
                        heard += wanted;
                        below(random, 2) == 0 ? raw.reset() : raw.close();
                    }
                });
        }
        std::uint64_t stayed = 0;
        Threads receiver;
        receiver.start(
            [&]
            {
                std::vector<Message> batch(100);
                for (bool end = false; !end;)
                {
                    error_code error;
                    const std::size_t count = stays.receive_batch(batch, limit, error);
                    REQUIRE_FALSE(error);
                    stayed += count;
                    end = batch[count - 1].front().size() != size_of_body;
                }
            });
        std::uint64_t sent = 0;
        std::vector<std::string> texts(100);
        std::vector<Bytes> batch(texts.size());
        while (sent < messages || finished < peers)
        {
            for (std::size_t i = 0; i < texts.size(); ++i)
            {
                texts[i] = body_of(0, 0, sent + i);
                batch[i] = std::as_bytes(std::span(texts[i]));
            }
            error_code error;
            REQUIRE(push.send_batch(batch, limit, error) == batch.size());
            sent += batch.size();
        }
        receivers.join();
        kernel.await_state(
            [&]
            {
                return push.ledger().peers == 1;
            },
            "those that went are gone");
        must_send(push, Message("end"));
        receiver.join();
        kernel.await_state(
            [&]
            {
                return push.ledger().queued == 0;
            },
            "everything is written");
        const Ledger ledger = push.ledger();
        CHECK(ledger.accepted == sent + 1);
        CHECK(ledger.written == sent + 1);
        CHECK(ledger.connections == static_cast<std::uint64_t>(peers * lives) + 1);
        CHECK(stayed + heard <= sent + 1);
        CHECK(stays.ledger().arrived == stayed);
    }
}

TEST_CASE(
    "a PULL whose senders come and go at random gets whole messages in order, and all of those that part "
    "in peace")
{
    const unsigned seed = new_seed();
    for (const unsigned threads : {1U, 2U})
    {
        CAPTURE(threads);
        std::atomic<int> ended{0};
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*") + socket_lines("last", "push"),
             .on_event = [&](const Event& event)
             {
                 const bool end = event.kind == Event::Kind::disconnected ||
                                  (event.kind == Event::Kind::failed && event.error != errc::refused);
                 ended += end ? 1 : 0;
             }});
        Socket pull = kernel["pull"];
        constexpr std::uint64_t most = 2 * messages / (peers * lives);
        std::array<std::array<std::uint64_t, lives>, peers> sent{}; // whole messages; of its own thread
        std::array<std::array<bool, lives>, peers> in_peace{};
        Threads senders;
        for (int peer = 0; peer < peers; ++peer)
        {
            senders.start(
                [&, peer]
                {
                    std::mt19937 random(seed + static_cast<unsigned>(peer));
                    for (int life = 0; life < lives; ++life)
                    {
                        RawPeer raw = enter(pull.last_endpoint());
                        const std::uint64_t count = 1 + below(random, most);
                        std::string bytes;
                        for (std::uint64_t i = 0; i < count; ++i)
                        {
                            bytes += frame(body_of(peer, life, i));
                        }
                        const auto at =
                            std::array{static_cast<std::size_t>(peer), static_cast<std::size_t>(life)};
                        // The last one is torn.
                        bytes.resize(bytes.size() - 1 - below(random, size_of_frame - 1));
                        sent[at[0]][at[1]] = count - 1;
                        raw.send(bytes);
                        in_peace[at[0]][at[1]] = below(random, 2) == 0;
                        in_peace[at[0]][at[1]] ? raw.close() : raw.reset();
                    }
                });
        }
        std::map<std::string, std::uint64_t> got;
        std::uint64_t total = 0;
        Threads receiver;
        receiver.start(
            [&]
            {
                std::vector<Message> batch(100);
                bool end = false;
                for (;;)
                {
                    error_code error;
                    const std::size_t count = pull.receive_batch(batch, end ? no_wait : limit, error);
                    if (end && error == errc::would_block)
                    {
                        return;
                    }
                    REQUIRE_FALSE(error);
                    for (std::size_t i = 0; i < count; ++i)
                    {
                        const std::string text = text_of(batch[i]);
                        if (text == "end")
                        {
                            end = true;
                            continue;
                        }
                        REQUIRE(text.size() == size_of_body);
                        REQUIRE(text.substr(9) == padded(got[text.substr(0, 8)]++, 7));
                        ++total;
                    }
                }
            });
        senders.join();
        kernel.await_state(
            [&]
            {
                return ended == peers * lives;
            },
            "everybody has come, and gone");
        Socket last = kernel["last"];
        last.connect(pull.last_endpoint());
        must_send(last, Message("end"));
        receiver.join();
        for (int peer = 0; peer < peers; ++peer)
        {
            for (int life = 0; life < lives; ++life)
            {
                const std::uint64_t count = got[body_of(peer, life, 0).substr(0, 8)];
                const auto all = sent[static_cast<std::size_t>(peer)][static_cast<std::size_t>(life)];
                if (in_peace[static_cast<std::size_t>(peer)][static_cast<std::size_t>(life)])
                {
                    REQUIRE(count == all);
                }
                REQUIRE(count <= all);
            }
        }
        CHECK(pull.ledger().arrived == total + 1);
        CHECK(pull.ledger().delivered == total + 1);
    }
}
