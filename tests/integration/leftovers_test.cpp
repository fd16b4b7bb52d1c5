// Peers that come, send and go while nobody receives.
#include "descriptors.hpp"
#include "raw_peer.hpp"
#include "receiver.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::size_t mark = 10;
constexpr std::size_t a_life = 8; // messages

std::size_t count_refusals(TestKernel& kernel)
{
    const Happenings happenings = kernel.happenings();
    return static_cast<std::size_t>(std::count_if(happenings.begin(), happenings.end(),
                                                  [](const Happening& each)
                                                  {
                                                      return each.kind == Event::Kind::failed &&
                                                             each.error == errc::refused;
                                                  }));
}

std::string life(std::size_t number)
{
    std::string bytes;
    for (std::size_t i = 0; i < a_life; ++i)
    {
        bytes += frame(std::to_string(number) + "." + std::to_string(i));
    }
    return bytes;
}

// A peer that has come, or nothing when it was not let in.
std::optional<RawPeer> come(TestKernel& kernel, const std::string& endpoint)
{
    const std::size_t lives = kernel.count(Event::Kind::ready);
    const std::size_t refusals = count_refusals(kernel);
    RawPeer peer(endpoint);
    peer.send(greeting() + ready("PUSH"));
    kernel.await_state(
        [&]
        {
            return kernel.count(Event::Kind::ready) > lives || count_refusals(kernel) > refusals;
        },
        "the peer is let in or refused");
    if (kernel.count(Event::Kind::ready) == lives)
    {
        return std::nullopt;
    }
    peer.read(greeting().size());
    unsigned flags = 0;
    peer.read_frame(flags);
    return peer;
}

// Comes, sends and goes. False when it was not let in.
bool live(TestKernel& kernel, const std::string& endpoint, std::size_t number)
{
    auto peer = come(kernel, endpoint);
    if (peer)
    {
        peer->send(life(number));
    }
    return peer.has_value();
}

} // namespace

TEST_CASE(
    "what lost peers left unread counts for the mark of those that come after them, and all of it arrives")
{
    constexpr std::size_t lives = 40;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        const std::string endpoint = pull.last_endpoint();
        for (std::size_t i = 0; i < lives; ++i)
        {
            REQUIRE(live(kernel, endpoint, i));
            kernel.await_state(
                [&]
                {
                    return i > 1 || pull.ledger().arrived == (i + 1) * a_life;
                },
                "the first two are read from");
            kernel.await_state(
                [&]
                {
                    return i > 1 || pull.peers().empty();
                },
                "the first two are lost");
        }
        await_rest(kernel, pull, 2 * a_life);
        CHECK(pull.ledger().arrived == 2 * a_life);
        std::vector<std::size_t> next(lives);
        for (std::size_t i = 0; i < lives * a_life; ++i)
        {
            const std::string text = text_of(must_receive(pull));
            const std::size_t number = std::stoul(text);
            REQUIRE(text == std::to_string(number) + "." + std::to_string(next.at(number)++));
        }
        kernel.await(Event::Kind::disconnected, lives);
    }
}

TEST_CASE("peers that come again and again to a socket that nobody receives from keep a bounded number of "
          "descriptors")
{
    constexpr std::size_t attempts = 200;
    constexpr std::size_t of_a_loop = 3; // which has its first connection
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        const std::string endpoint = pull.last_endpoint();
        const std::size_t before = open_descriptors();
        std::size_t lives = 0;
        for (std::size_t i = 0; i < attempts; ++i)
        {
            lives += live(kernel, endpoint, lives) ? 1U : 0U;
        }
        CHECK(lives < attempts);
        std::size_t received = 0;
        for (Message message; received < lives * a_life; ++received)
        {
            message = must_receive(pull);
        }
        kernel.await(Event::Kind::disconnected, lives);
        kernel.await_state(
            [&]
            {
                return open_descriptors() <= before + of_a_loop;
            },
            "their descriptors are closed");
        CHECK(live(kernel, endpoint, lives));
        CHECK(text_of(must_receive(pull)) == std::to_string(lives) + ".0");
    }
}

TEST_CASE("a peer that is not read from, and goes without a message, is lost at once")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_socket("pull", "recv_hwm 10")});
        Socket pull = kernel["s"];
        const std::string endpoint = pull.last_endpoint();
        {
            auto full = come(kernel, endpoint);
            REQUIRE(full);
            full->send(life(0) + frame("last") + frame("last"));
            kernel.await_state(
                [&]
                {
                    return pull.ledger().arrived == mark;
                },
                "the mark is reached");
        }
        kernel.await(Event::Kind::disconnected, 1);
        CHECK(pull.ledger().pending == mark);
        {
            REQUIRE(come(kernel, endpoint));
        }
        kernel.await(Event::Kind::disconnected, 2);
        CHECK(pull.peers().empty());
    }
}
