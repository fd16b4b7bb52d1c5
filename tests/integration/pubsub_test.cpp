// PUB and SUB: who gets what, and what becomes of the rest.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <doctest/doctest.h>

#include <array>
#include <future>
#include <string>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string pub(std::string_view lines = {})
{
    return socket_lines("pub", "pub", std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

// What the socket receives up to the message "end".
std::vector<std::string> received(Socket& socket)
{
    std::vector<std::string> texts;
    for (std::string text = text_of(must_receive(socket)); text != "end";
         text = text_of(must_receive(socket)))
    {
        texts.push_back(text);
    }
    return texts;
}

using Texts = std::vector<std::string>;

} // namespace

TEST_CASE(
    "one PUB and three SUBs with overlapping topics: each message comes once, and unsubscribing ends it")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = pub() +
                        socket_lines("a", "sub", "subscribe A\nsubscribe AB\nsubscribe ABC\nsubscribe end") +
                        socket_lines("ab", "sub", "subscribe AB\nsubscribe end") +
                        socket_lines("all", "sub", "subscribe \"\"")});
        Socket server = kernel["pub"];
        Socket a = kernel["a"];
        Socket ab = kernel["ab"];
        Socket all = kernel["all"];
        for (Socket* subscriber : {&a, &ab, &all})
        {
            subscriber->connect(server.last_endpoint());
        }
        REQUIRE(server.wait_for_subscribers("ABC", 3, limit));
        REQUIRE(server.wait_for_subscribers("end", 3, limit));
        CHECK(server.topics_count() == 5);
        CHECK(a.topics_count() == 4);
        for (const char* text : {"A1", "AB1", "ABC1", "B1", "", "end"})
        {
            must_send(server, Message(text));
        }
        CHECK(received(a) == Texts{"A1", "AB1", "ABC1"});
        CHECK(received(ab) == Texts{"AB1", "ABC1"});
        CHECK(received(all) == Texts{"A1", "AB1", "ABC1", "B1", ""});

        a.unsubscribe("A");
        ab.unsubscribe("AB");
        ab.subscribe("B");
        kernel.await_state(
            [&]
            {
                return server.topics_count() == 5 && server.wait_for_subscribers("B", 2, no_wait) &&
                       !server.wait_for_subscribers("AC", 2, no_wait);
            },
            "the changes reach the publisher");
        for (const char* text : {"A2", "AB2", "ABC2", "B2", "end"})
        {
            must_send(server, Message(text));
        }
        CHECK(received(a) == Texts{"AB2", "ABC2"});
        CHECK(received(ab) == Texts{"B2"});
        CHECK(received(all) == Texts{"A2", "AB2", "ABC2", "B2"});
        const Ledger ledger = server.ledger();
        CHECK(ledger.accepted == 11);
        CHECK(ledger.unmatched == 0);
        CHECK(ledger.copies == 23);
        CHECK(ledger.dropped_full == 0);
        CHECK(a.ledger().dropped_unwanted == 0);
    }
}

TEST_CASE("a PUB without subscribers drops nothing but takes everything, and sends nothing to a peer that "
          "wants nothing")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = pub() + socket_lines("sub", "sub")});
        Socket server = kernel["pub"];
        Socket sub = kernel["sub"];
        must_send(server, Message("to nobody"));
        sub.connect(server.last_endpoint());
        REQUIRE(server.wait_for_peers(1, limit));
        must_send(server, Message("to nobody yet"));
        CHECK(server.ledger().unmatched == 2);
        CHECK(server.ledger().copies == 0);
        sub.subscribe("x");
        REQUIRE(server.wait_for_subscribers("x", 1, limit));
        must_send(server, Message{"x", "body"});
        const Message message = must_receive(sub);
        CHECK(message.size() == 2);
        CHECK(text_of(message, 1) == "body");
        CHECK(server.ledger().matched == 1);
        error_code error;
        sub.send("text", error);
        CHECK(error == errc::not_supported);
        Message none;
        CHECK_FALSE(server.receive(none, no_wait, error));
        CHECK(error == errc::not_supported);
        CHECK_THROWS(sub.wait_for_subscribers("x", 1, no_wait));
        server.subscribe("x", error);
        CHECK(error == errc::not_supported);
    }
}

TEST_CASE("waiting for subscribers can be asynchronous, and ends with the socket")
{
    TestKernel kernel({.threads = 1, .sockets = pub() + socket_lines("sub", "sub", "subscribe news")});
    Socket server = kernel["pub"];
    std::promise<error_code> there;
    async_wait_for_subscribers(server, "news/local", 1,
                               [&](const error_code& error)
                               {
                                   there.set_value(error);
                               });
    std::promise<error_code> never;
    async_wait_for_subscribers(server, "news", 2,
                               [&](const error_code& error)
                               {
                                   never.set_value(error);
                               });
    kernel["sub"].connect(server.last_endpoint());
    CHECK_FALSE(there.get_future().get());
    CHECK_FALSE(server.wait_for_subscribers("news", 2, std::chrono::milliseconds(1)));
    kernel.close();
    CHECK(never.get_future().get() == boost::asio::error::operation_aborted);
    CHECK_FALSE(server.wait_for_subscribers("news", 2, limit));
}
