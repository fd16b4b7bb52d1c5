// The options of XPUB, XSUB, PUB and SUB, as zmq_setsockopt(3) has them.
#include "content.hpp"
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string xpub(std::string_view lines = {})
{
    return socket_lines("xpub", "xpub", std::string(lines) + "\nbind tcp://127.0.0.1:*");
}

std::string on(std::string_view topic)
{
    return std::string(1, '\1') + std::string(topic);
}

std::string off(std::string_view topic)
{
    return std::string(1, '\0') + std::string(topic);
}

} // namespace

TEST_CASE("xpub_verbose tells of each subscription, xpub_verboser of each cancellation, too")
{
    for (const bool verboser : {false, true})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(verboser);
            CAPTURE(threads);
            TestKernel kernel({.threads = threads,
                               .sockets = xpub(verboser ? "xpub_verboser true" : "xpub_verbose true") +
                                          socket_lines("one", "sub") + socket_lines("two", "sub")});
            Socket server = kernel["xpub"];
            for (const char* name : {"one", "two"})
            {
                Socket sub = kernel[name];
                sub.connect(server.last_endpoint());
                REQUIRE(sub.wait_for_peers(1, limit));
                sub.subscribe("A");
                sub.subscribe("A");
                CHECK(text_of(must_receive(server)) == on("A"));
                CHECK(text_of(must_receive(server)) == on("A"));
                sub.unsubscribe("A"); // not the last: nothing is told
            }
            kernel["one"].unsubscribe("A");
            if (verboser)
            {
                CHECK(text_of(must_receive(server)) == off("A"));
            }
            kernel["one"].subscribe("B");
            CHECK(text_of(must_receive(server)) == on("B"));
            kernel["two"].unsubscribe("A");
            CHECK(text_of(must_receive(server)) == off("A"));
        }
    }
}

TEST_CASE("with xpub_manual the application subscribes for the peer whose message it received last")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub("xpub_manual true") + socket_lines("one", "xsub") +
                                      socket_lines("two", "xsub")});
        Socket server = kernel["xpub"];
        Socket one = kernel["one"];
        Socket two = kernel["two"];
        error_code error;
        server.subscribe("x", error);
        CHECK(error == errc::host_unreachable);
        one.connect(server.last_endpoint());
        one.subscribe("wish");
        CHECK(text_of(must_receive(server)) == on("wish"));
        CHECK(server.topics_count() == 0);
        server.subscribe("XA");
        two.connect(server.last_endpoint());
        two.subscribe("wish");
        CHECK(text_of(must_receive(server)) == on("wish"));
        server.subscribe("XB");
        CHECK(server.topics_count() == 2);
        for (const char* text : {"wish", "XA", "XB"})
        {
            must_send(server, Message(text));
        }
        CHECK(text_of(must_receive(one)) == "XA");
        CHECK(text_of(must_receive(two)) == "XB");
        CHECK(server.ledger().unmatched == 1);

        one.unsubscribe("wish");
        CHECK(text_of(must_receive(server)) == off("wish"));
        server.unsubscribe("XA");
        must_send(server, Message("XA"));
        CHECK(server.ledger().unmatched == 2);

        two.close(limit);
        CHECK(text_of(must_receive(server)) == off("wish"));
        server.subscribe("XC", error);
        CHECK(error == errc::host_unreachable);
        CHECK(server.topics_count() == 0);
    }
}

TEST_CASE("xpub_welcome_msg is the first message to each new peer")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub("xpub_welcome_msg welcome") +
                                      socket_lines("sub", "sub", "subscribe welcome\nsubscribe A") +
                                      socket_lines("deaf", "sub", "subscribe A")});
        Socket server = kernel["xpub"];
        Socket sub = kernel["sub"];
        Socket deaf = kernel["deaf"];
        sub.connect(server.last_endpoint());
        deaf.connect(server.last_endpoint());
        REQUIRE(server.wait_for_subscribers("A", 2, limit));
        must_send(server, Message("A"));
        CHECK(text_of(must_receive(sub)) == "welcome");
        CHECK(text_of(must_receive(sub)) == "A");
        CHECK(text_of(must_receive(deaf)) == "A");
        CHECK(deaf.ledger().dropped_unwanted == 1);
    }
}

TEST_CASE("invert_matching sends, and lets in, what does not match")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("pub", "pub", "invert_matching true\nbind tcp://127.0.0.1:*") +
                        socket_lines("sub", "sub", "invert_matching true\nsubscribe A") +
                        socket_lines("wrong", "sub", "subscribe A") + socket_lines("xsub", "xsub")});
        Socket server = kernel["pub"];
        Socket sub = kernel["sub"];
        Socket wrong = kernel["wrong"];
        Socket xsub = kernel["xsub"];
        for (Socket* peer : {&sub, &wrong, &xsub})
        {
            peer->connect(server.last_endpoint());
        }
        REQUIRE(server.wait_for_subscribers("B", 3, limit));
        kernel.await_state(
            [&]
            {
                return !server.wait_for_subscribers("A", 2, no_wait);
            },
            "subscriptions to A came");
        must_send(server, Message("A1"));
        must_send(server, Message("B1"));
        CHECK(text_of(must_receive(xsub)) == "A1");
        CHECK(text_of(must_receive(xsub)) == "B1");
        CHECK(text_of(must_receive(sub)) == "B1");
        kernel.await_state(
            [&]
            {
                return wrong.ledger().dropped_unwanted == 1;
            },
            "what was sent in vain");
        CHECK(server.ledger().copies == 4);
    }
}

TEST_CASE("with xpub_nodrop a send waits for a full subscriber instead of dropping")
{
    constexpr int count = 3000;
    const std::string text = body(1, 1000);
    for (const std::string pattern : {"pub", "xpub"})
    {
        for (const unsigned threads : {1U, 2U})
        {
            CAPTURE(pattern);
            CAPTURE(threads);
            TestKernel kernel(
                {.threads = threads,
                 .sockets = socket_lines("server", pattern,
                                         "xpub_nodrop true\nsend_hwm 5\nbind {\nendpoint "
                                         "tcp://127.0.0.1:*\nsndbuf 16KiB\n}") +
                            socket_lines("fast", "sub", "subscribe \"\"") +
                            socket_lines("slow", "sub", "subscribe \"\"\nrecv_hwm 5\nrcvbuf 16KiB")});
            Socket server = kernel["server"];
            Socket fast = kernel["fast"];
            Socket slow = kernel["slow"];
            fast.connect(server.last_endpoint());
            slow.connect(server.last_endpoint());
            REQUIRE(server.wait_for_subscribers("", 2, limit));
            error_code error;
            int sent = 0;
            kernel.await_state(
                [&]
                {
                    server.send(Message{text}, no_wait, error);
                    sent += error ? 0 : 1;
                    return error || sent == count;
                },
                "the slow one is full");
            CHECK(error == errc::would_block);
            Threads receivers;
            for (Socket* sub : {&fast, &slow})
            {
                receivers.start(
                    [sub]
                    {
                        for (int i = 0; i < count; ++i)
                        {
                            must_receive(*sub);
                        }
                    });
            }
            for (; sent < count; ++sent)
            {
                must_send(server, Message{text});
            }
            receivers.join();
            CHECK(server.ledger().dropped_full == 0);
            CHECK(server.ledger().copies == 2 * count);
        }
    }
}

TEST_CASE(
    "frames of one message subscribe one after another, unless only_first_subscribe is set at both ends")
{
    for (const bool only_first : {false, true})
    {
        for (const unsigned threads : all_threads)
        {
            CAPTURE(only_first);
            CAPTURE(threads);
            const std::string option = std::string("only_first_subscribe ") + (only_first ? "true" : "false");
            TestKernel kernel(
                {.threads = threads, .sockets = xpub(option) + socket_lines("xsub", "xsub", option)});
            Socket server = kernel["xpub"];
            Socket xsub = kernel["xsub"];
            xsub.connect(server.last_endpoint());
            REQUIRE(xsub.wait_for_peers(1, limit));
            must_send(xsub, Message{on("A"), "data", on("B"), "end"});
            must_send(xsub, Message{"data", on("C")});
            CHECK(text_of(must_receive(server)) == on("A"));
            if (only_first)
            {
                const Message first = must_receive(server);
                REQUIRE(first.size() == 3);
                CHECK(text_of(first, 1) == on("B"));
                const Message second = must_receive(server);
                REQUIRE(second.size() == 2);
                CHECK(text_of(second, 1) == on("C"));
                CHECK(server.topics_count() == 1);
            }
            else
            {
                CHECK(text_of(must_receive(server)) == on("B"));
                const Message first = must_receive(server);
                REQUIRE(first.size() == 2);
                CHECK(text_of(first, 1) == "end");
                CHECK(text_of(must_receive(server)) == on("C"));
                CHECK(must_receive(server).size() == 1);
                CHECK(server.topics_count() == 3);
            }
        }
    }
}

TEST_CASE(
    "an XPUB that nobody receives from stops reading from a peer that goes on and on, and goes on later")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub("recv_hwm 10") + socket_lines("xsub", "xsub", "send_hwm 0")});
        Socket server = kernel["xpub"];
        Socket xsub = kernel["xsub"];
        xsub.connect(server.last_endpoint());
        REQUIRE(xsub.wait_for_peers(1, limit));
        // Subscriptions that stand take effect, however many.
        for (int i = 0; i < 1000; ++i)
        {
            xsub.subscribe(std::to_string(i));
        }
        REQUIRE(server.wait_for_subscribers("999", 1, limit));
        for (int i = 0; i < 1000; ++i)
        {
            CHECK(text_of(must_receive(server)) == on(std::to_string(i)));
        }
        // Data in batches of its own, so that it does not come in one read.
        constexpr int count = 20000;
        const std::string text = body(1, 100);
        Threads sender;
        sender.start(
            [&]
            {
                for (int i = 0; i < count; ++i)
                {
                    must_send(xsub, Message{text});
                }
            });
        for (int i = 0; i < count; ++i)
        {
            must_receive(server);
        }
        sender.join();
        CHECK(server.ledger().pending == 0);
    }
}

TEST_CASE("a message that subscribes and is refused has changed nothing, so that it can be sent again")
{
    const std::string large = body(1, 10'000);
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub("xpub_verboser true") +
                                      socket_lines("xsub", "xsub", "backpressure budget\nsubscribe kept"),
                           .more = "policies\n{\n budget\n {\n  role backpressure\n  use semaphore\n  bytes "
                                   "4KiB\n  oversize refuse\n }\n}\n"});
        Socket server = kernel["xpub"];
        Socket xsub = kernel["xsub"];
        xsub.connect(server.last_endpoint());
        REQUIRE(xsub.wait_for_peers(1, limit));
        CHECK(text_of(must_receive(server)) == on("kept"));
        Message refused{on("A"), std::string_view(large), off("kept")};
        for (int i = 0; i < 3; ++i)
        {
            error_code error;
            xsub.send(std::move(refused), limit, error);
            CHECK(error == errc::too_large);
            REQUIRE(refused.size() == 3);
            CHECK(xsub.topics_count() == 1);
        }
        must_send(xsub, Message{on("A"), "small"});
        CHECK(text_of(must_receive(server)) == on("A"));
        CHECK(text_of(must_receive(server)) == "small");
        xsub.unsubscribe("A");
        CHECK(text_of(must_receive(server)) == off("A"));
        CHECK(xsub.topics_count() == 1);
        CHECK(xsub.ledger().accepted == 1);
        CHECK(server.ledger().arrived == 4);
    }
}

TEST_CASE("the changes of one message of an XSUB count in their order")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = xpub() + socket_lines("xsub", "xsub")});
        Socket server = kernel["xpub"];
        Socket xsub = kernel["xsub"];
        xsub.connect(server.last_endpoint());
        REQUIRE(server.wait_for_peers(1, limit));
        // Nothing to cancel yet.
        must_send(xsub, Message{off("A"), on("A")});
        CHECK(text_of(must_receive(server)) == on("A"));
        CHECK(xsub.topics_count() == 1);
        // One ends, another begins, and a third.
        must_send(xsub, Message{off("A"), on("A"), on("A"), off("B"), on("B"), off("B")});
        must_send(xsub, Message{on("end")});
        CHECK(server.wait_for_subscribers("end", 1, limit));
        CHECK(xsub.topics_count() == 2);
        CHECK(server.topics_count() == 2);
        must_send(xsub, Message{off("A")});
        CHECK(xsub.topics_count() == 2);
        must_send(xsub, Message{off("A"), off("end")});
        CHECK(xsub.topics_count() == 0);
        kernel.await_state(
            [&]
            {
                return server.topics_count() == 0;
            },
            "nobody wants anything");
    }
}
