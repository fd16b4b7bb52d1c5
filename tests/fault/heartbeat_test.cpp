// Half a heartbeat on the wire: nothing but its rest ever follows.
#include "content.hpp"
#include "trio.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <string>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::array<Manner, 3> manners{{{"memp", 0}, {"mem", 0}, {"memp", 1}}};
constexpr Patterns dealers{"dealer", "dealer"};
// A frame of a command PING, with its TTL and no context; PONG is shorter by the TTL.
constexpr std::uint64_t ping_size = 9;

void send_three(Socket& socket)
{
    for (std::size_t i = 0; i < three_messages.size(); ++i)
    {
        must_send(socket, make_message(i, three_messages[i]));
    }
}

Extent extent_of_handshake(const Manner& manner)
{
    return extent_of(manner, dealers, send_three, three_messages.size());
}

// A connection whose `beating` end sends PINGs, and whose other end answers; the writes of `a`, which
// listens, fail at that byte. Both ends learn it, and nothing was written behind.
void tear(const Manner& manner, std::uint64_t byte, const std::string& beating)
{
    const auto options = [&](const std::string& socket)
    {
        return std::string("reconnect none") +
               (socket == beating ? "\nheartbeat_ivl 1ms\nheartbeat_timeout 20s" : "");
    };
    TestKernel kernel(
        {.threads = manner.threads,
         .sockets = socket_lines("a", "dealer", options("a")) + socket_lines("x", "dealer", options("x"))});
    Socket a = kernel["a"];
    Socket x = kernel["x"];
    const std::string endpoint =
        a.bind(std::string(manner.transport) + "://heartbeat-" + beating, {{"fail_write_at", byte}});
    x.connect(endpoint);
    kernel.await(Event::Kind::disconnected, 2);
    for (const Happening& happening : kernel.happenings())
    {
        CHECK(happening.reason.find("behind") == std::string::npos);
    }
    CHECK(kernel.count(Event::Kind::ready) == 2);
}

// A PING of `a` that stops at that byte until `x` sends something, with messages behind it.
void hold_up(const Manner& manner, std::uint64_t byte, const Extent& extent)
{
    TestKernel kernel({.threads = manner.threads,
                       .sockets = socket_lines("a", "dealer", "heartbeat_ivl 1ms\nheartbeat_timeout 20s") +
                                  socket_lines("x", "dealer", "reconnect none")});
    Socket a = kernel["a"];
    Socket x = kernel["x"];
    x.connect(a.bind(std::string(manner.transport) + "://held-up",
                     {{"stall_write_at", byte}, {"stall_until", extent.first_of_x + 1}}));
    kernel.await_state(
        [&]
        {
            return x.ledger().arrived_bytes == byte;
        },
        "half a PING has come");
    send_three(a);
    must_send(x, Message("go on"));
    CHECK(text_of(must_receive(a)) == "go on");
    for (std::size_t i = 0; i < three_messages.size(); ++i)
    {
        CHECK(problem_with(must_receive(x), 0, i, three_messages[i]) == "");
    }
    CHECK(kernel.count(Event::Kind::disconnected) == 0);
}

} // namespace

TEST_CASE("nothing is written behind half a PING or half a PONG")
{
    for (const Manner& manner : manners)
    {
        CAPTURE(std::string(manner.transport));
        CAPTURE(manner.threads);
        const std::uint64_t first = extent_of_handshake(manner).first;
        for (std::uint64_t byte = first + 1; byte <= first + ping_size; ++byte)
        {
            CAPTURE(byte);
            tear(manner, byte, "a");
            tear(manner, byte, "x");
        }
    }
}

TEST_CASE("messages behind half a PING arrive whole when it goes on")
{
    for (const Manner& manner : manners)
    {
        CAPTURE(std::string(manner.transport));
        CAPTURE(manner.threads);
        const Extent extent = extent_of_handshake(manner);
        for (std::uint64_t byte = extent.first + 1; byte < extent.first + ping_size; ++byte)
        {
            CAPTURE(byte);
            hold_up(manner, byte, extent);
        }
    }
}
