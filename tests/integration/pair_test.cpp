// PAIR: one peer, and no other.
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <string>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

} // namespace

TEST_CASE("two PAIRs send each other what they like, and lose nothing")
{
    constexpr int count = 5000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("left", "pair", "bind tcp://127.0.0.1:*\nsend_hwm 20\nrecv_hwm 20") +
                        socket_lines("right", "pair", "send_hwm 20\nrecv_hwm 20")});
        Socket left = kernel["left"];
        Socket right = kernel["right"];
        right.connect(left.last_endpoint());
        must_send(right, Message("first")); // waits for the connection
        CHECK(text_of(must_receive(left)) == "first");
        int sent = 0;
        for (int received = 0; received < count; ++received)
        {
            error_code error;
            for (; sent < count && !error; sent += error ? 0 : 1)
            {
                left.send(Message{std::to_string(sent), "body"}, sent == received ? limit : no_wait, error);
            }
            const Message message = must_receive(right);
            REQUIRE(message.size() == 2);
            REQUIRE(text_of(message) == std::to_string(received));
        }
    }
}

TEST_CASE("a PAIR refuses a second peer, and takes another when the first has gone")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("left", "pair", "bind tcp://127.0.0.1:*") +
                                      socket_lines("first", "pair") +
                                      socket_lines("second", "pair", "reconnect_ivl 1ms")});
        Socket left = kernel["left"];
        Socket first = kernel["first"];
        Socket second = kernel["second"];
        first.connect(left.last_endpoint());
        REQUIRE(left.wait_for_peers(1, limit));
        second.connect(left.last_endpoint());
        kernel.await(
            [](const Happenings& happenings)
            {
                bool refused = false;
                for (const Happening& happening : happenings)
                {
                    refused = refused || (happening.kind == Event::Kind::failed &&
                                          happening.socket == "left" && happening.error == errc::refused &&
                                          happening.reason.find("one peer") != std::string::npos);
                }
                return refused;
            },
            "the second peer is refused");
        must_send(left, Message("to the first"));
        CHECK(text_of(must_receive(first)) == "to the first");
        first.close(limit);
        REQUIRE(second.wait_for_peers(1, limit));
        must_send(second, Message("at last"));
        CHECK(text_of(must_receive(left)) == "at last");
        must_send(left, Message("welcome"));
        CHECK(text_of(must_receive(second)) == "welcome");
    }
}

TEST_CASE("a PAIR receives what a peer that went had sent before anything of the next one")
{
    constexpr int each = 5;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("left", "pair", "bind tcp://127.0.0.1:*") +
                                      socket_lines("0", "pair") + socket_lines("1", "pair") +
                                      socket_lines("2", "pair")});
        Socket left = kernel["left"];
        for (int life = 0; life < 3; ++life)
        {
            Socket peer = kernel[std::to_string(life)];
            peer.connect(left.last_endpoint());
            REQUIRE(left.wait_for_peers(1, limit));
            for (int i = 0; i < each; ++i)
            {
                must_send(peer, Message(std::to_string(life * each + i)));
            }
            peer.close(limit);
            kernel.await_state(
                [&]
                {
                    return left.ledger().peers == 0;
                },
                "the peer has gone");
        }
        for (int i = 0; i < 3 * each; ++i)
        {
            CHECK(text_of(must_receive(left)) == std::to_string(i));
        }
    }
}
