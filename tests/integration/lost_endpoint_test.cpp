// What becomes of messages whose endpoint gives up, or never was there.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <optional>
#include <string>

using namespace spaceframe;
using namespace spaceframe::testing;

TEST_CASE("an endpoint that gives up is a lost peer, and other sockets return nothing")
{
    for (const char* const fate : {"keep", "expire\npeer_loss_expiry 1ms", "return", "drop"})
    {
        CAPTURE(fate);
        std::optional<RawListener> nobody(std::in_place); // shakes no hands
        TestKernel kernel(
            {.threads = 0,
             .sockets = socket_lines("socket", "push", std::string("reconnect none\non_peer_loss ") + fate)});
        Socket socket = kernel["socket"];
        socket.connect(nobody->endpoint());
        must_send(socket, Message("text"));
        nobody.reset();
        kernel.await(Event::Kind::stopped);
        kernel.await_state(
            [&]
            {
                const Ledger ledger = socket.ledger();
                switch (fate[0])
                {
                case 'k':
                    return ledger.queued == 1;
                case 'e':
                    return ledger.dropped_expired == 1;
                case 'r':
                    return ledger.returning == 1;
                default:
                    return ledger.dropped_peer_lost == 1;
                }
            },
            "its message has its fate");
        Message message;
        error_code error;
        const bool returned = socket.receive_returned(message, no_wait, error);
        CHECK(returned == (fate[0] == 'r'));
        CHECK((returned || error == errc::not_supported));
        CHECK((!returned || text_of(message) == "text"));
        kernel.close(no_wait);
    }
}

TEST_CASE("what waits for endpoints that give up is dropped and counted, when as much has returned already")
{
    TestKernel kernel(
        {.threads = 0,
         .sockets = socket_lines("socket", "push", "reconnect none\non_peer_loss return\nsend_hwm 1")});
    Socket socket = kernel["socket"];
    for (std::size_t given_up = 1; given_up <= 2; ++given_up)
    {
        std::optional<RawListener> nobody(std::in_place); // shakes no hands
        socket.connect(nobody->endpoint());
        must_send(socket, Message("text"));
        nobody.reset();
        kernel.await(Event::Kind::stopped, given_up);
        kernel.await_state(
            [&]
            {
                return socket.ledger().queued == 0;
            },
            "its message has its fate");
    }
    CHECK(socket.ledger().returning == 1);
    CHECK(socket.ledger().dropped_unclaimed == 1);
    kernel.close(no_wait);
}

TEST_CASE("what returns from an endpoint that a ROUTER named, and that never came, has its name before it")
{
    std::optional<RawListener> nobody(std::in_place); // shakes no hands
    TestKernel kernel(
        {.threads = 0, .sockets = socket_lines("socket", "router", "reconnect none\non_peer_loss return")});
    Socket socket = kernel["socket"];
    socket.connect(nobody->endpoint(), {{"connect_routing_id", "there"}});
    must_send(socket, Message{"there", "text"});
    nobody.reset();
    kernel.await(Event::Kind::stopped);
    Message message;
    error_code error;
    REQUIRE(socket.receive_returned(message, limit, error));
    CHECK(message.size() == 2);
    CHECK(text_of(message) == "there");
    CHECK(text_of(message, 1) == "text");
}
