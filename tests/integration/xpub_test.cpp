// XPUB and XSUB: subscriptions as messages, chains, and their options.
#include "raw_peer.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <string>
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

TEST_CASE(
    "an XPUB receives the first subscription to a topic and the last cancellation, also of a peer that goes")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub() + socket_lines("one", "sub") + socket_lines("two", "sub")});
        Socket server = kernel["xpub"];
        Socket one = kernel["one"];
        Socket two = kernel["two"];
        one.connect(server.last_endpoint());
        two.connect(server.last_endpoint());
        one.subscribe("A");
        CHECK(text_of(must_receive(server)) == on("A"));
        two.subscribe("A");
        two.subscribe("B");
        CHECK(text_of(must_receive(server)) == on("B"));
        one.unsubscribe("A");
        two.subscribe("");
        CHECK(text_of(must_receive(server)) == on(""));
        two.unsubscribe("A");
        CHECK(text_of(must_receive(server)) == off("A"));
        two.close(limit);
        std::vector<std::string> gone{text_of(must_receive(server)), text_of(must_receive(server))};
        std::sort(gone.begin(), gone.end());
        CHECK(gone == std::vector<std::string>{off(""), off("B")});
        CHECK(server.topics_count() == 0);
    }
}

TEST_CASE("an XSUB subscribes by messages, and what else it sends goes to every XPUB")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = xpub() + socket_lines("second", "xpub", "bind tcp://127.0.0.1:*") +
                                      socket_lines("xsub", "xsub", "subscribe early")});
        Socket first = kernel["xpub"];
        Socket second = kernel["second"];
        Socket xsub = kernel["xsub"];
        xsub.connect(first.last_endpoint());
        xsub.connect(second.last_endpoint());
        REQUIRE(xsub.wait_for_peers(2, limit));
        must_send(xsub, Message(on("A")));
        must_send(xsub, Message{"to all", "of you"});
        must_send(xsub, Message(off("A")));
        for (Socket* server : {&first, &second})
        {
            CHECK(text_of(must_receive(*server)) == on("early"));
            CHECK(text_of(must_receive(*server)) == on("A"));
            const Message data = must_receive(*server);
            CHECK(data.size() == 2);
            CHECK(text_of(data, 1) == "of you");
            CHECK(text_of(must_receive(*server)) == off("A"));
        }
        CHECK(xsub.ledger().accepted == 1);
        CHECK(xsub.ledger().copies == 2);
        must_send(second, Message{"early", "bird"});
        CHECK(text_of(must_receive(xsub), 1) == "bird");
    }
}

TEST_CASE("subscriptions and messages pass a chain of three proxies, and a late joiner hears what is new")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        std::string sockets = socket_lines("source", "pub", "bind tcp://127.0.0.1:*");
        std::string proxies;
        for (const char* number : {"1", "2", "3"})
        {
            sockets += socket_lines("in" + std::string(number), "xsub");
            sockets += socket_lines("out" + std::string(number), "xpub", "bind tcp://127.0.0.1:*");
            proxies +=
                " p" + std::string(number) + "\n {\n  front in" + number + "\n  back out" + number + "\n }\n";
        }
        TestKernel kernel({.threads = threads,
                           .sockets = sockets + socket_lines("early", "sub", "subscribe news") +
                                      socket_lines("late", "sub", "subscribe news\nsubscribe sport"),
                           .more = "proxies\n{\n" + proxies + "}\n"});
        Socket source = kernel["source"];
        kernel["in1"].connect(source.last_endpoint());
        kernel["in2"].connect(kernel["out1"].last_endpoint());
        kernel["in3"].connect(kernel["out2"].last_endpoint());
        Socket early = kernel["early"];
        early.connect(kernel["out3"].last_endpoint());
        REQUIRE(source.wait_for_subscribers("news", 1, limit));
        must_send(source, Message("sport 1"));
        must_send(source, Message("news 1"));
        CHECK(text_of(must_receive(early)) == "news 1");

        Socket late = kernel["late"];
        late.connect(kernel["out3"].last_endpoint());
        REQUIRE(source.wait_for_subscribers("sport", 1, limit));
        REQUIRE(kernel["out3"].wait_for_subscribers("news", 2, limit));
        must_send(source, Message("news 2"));
        must_send(source, Message("sport 2"));
        CHECK(text_of(must_receive(early)) == "news 2");
        CHECK(text_of(must_receive(late)) == "news 2");
        CHECK(text_of(must_receive(late)) == "sport 2");

        late.close(limit);
        kernel.await_state(
            [&]
            {
                return source.topics_count() == 1;
            },
            "the cancellation reaches the source");
        early.unsubscribe("news");
        kernel.await_state(
            [&]
            {
                return source.topics_count() == 0;
            },
            "the last cancellation reaches the source");
        CHECK(source.ledger().unmatched == 1);
    }
}

TEST_CASE(
    "who joins the end of a chain late hears the first message after the publisher knows, and leaves no "
    "trace")
{
    constexpr int joiners = 20;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("source", "pub", "bind tcp://127.0.0.1:*") +
                        socket_lines("in1", "xsub") + socket_lines("out1", "xpub", "bind tcp://127.0.0.1:*") +
                        socket_lines("in2", "xsub") + socket_lines("out2", "xpub", "bind tcp://127.0.0.1:*") +
                        socket_lines("stays", "sub", "subscribe all/"),
             .more = "proxies\n{\n first\n {\n  front in1\n  back out1\n }\n second\n {\n  "
                     "front in2\n  back out2\n }\n}\n"});
        Socket source = kernel["source"];
        kernel["in1"].connect(source.last_endpoint());
        kernel["in2"].connect(kernel["out1"].last_endpoint());
        Socket stays = kernel["stays"];
        stays.connect(kernel["out2"].last_endpoint());
        REQUIRE(source.wait_for_subscribers("all/", 1, limit));
        for (int i = 0; i < joiners; ++i)
        {
            const std::string topic = std::to_string(i) + "/";
            must_send(source, Message(topic + "too early"));
            RawPeer late(kernel["out2"].last_endpoint());
            Threads hello;
            hello.start(
                [&]
                {
                    late.shake_hands("SUB");
                    late.send(frame(on("all/")) + frame(on(topic)));
                });
            REQUIRE(source.wait_for_subscribers(topic, 1, limit));
            hello.join();
            CHECK(source.topics_count() == 2);
            must_send(source, Message(topic + "first"));
            must_send(source, Message("all/" + topic));
            Threads hear;
            hear.start(
                [&]
                {
                    unsigned flags = 0;
                    CHECK(late.read_frame(flags) == topic + "first");
                    CHECK(late.read_frame(flags) == "all/" + topic);
                });
            CHECK(text_of(must_receive(stays)) == "all/" + topic);
            kernel.await_state(
                [&]
                {
                    return kernel["out2"].ledger().written == 3 * (static_cast<std::uint64_t>(i) + 1);
                },
                "both have their copies");
            hear.join();
            if (i % 2 == 0)
            {
                late.send(frame(off("all/")) + frame(off(topic)));
            }
            else
            {
                late.reset();
            }
            kernel.await_state(
                [&]
                {
                    return source.topics_count() == 1;
                },
                "the cancellation reaches the source");
        }
        CHECK(source.ledger().unmatched == joiners);
        stays.unsubscribe("all/");
        kernel.await_state(
            [&]
            {
                return source.topics_count() == 0 && kernel["out2"].topics_count() == 0;
            },
            "the last cancellation reaches the source");
    }
}

TEST_CASE("an XSUB tells its topics again, before anything else, when its publisher comes back")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener;
        TestKernel kernel({.threads = threads, .sockets = socket_lines("xsub", "xsub", "reconnect_ivl 1ms")});
        Socket xsub = kernel["xsub"];
        for (const char* topic : {"a", "b", "given up", "b"})
        {
            xsub.subscribe(topic);
        }
        xsub.unsubscribe("given up");
        xsub.connect(listener.endpoint());
        Threads publisher;
        publisher.start(
            [&]
            {
                for (int life = 0; life < 3; ++life)
                {
                    RawPeer raw = listener.accept();
                    raw.shake_hands("PUB");
                    unsigned flags = 0;
                    CHECK(raw.read_frame(flags) == on("a"));
                    CHECK(raw.read_frame(flags) == on("b"));
                    CHECK(raw.read_frame(flags) == "said");
                }
            });
        for (std::size_t life = 0; life < 3; ++life)
        {
            REQUIRE(xsub.wait_for_peers(1, limit));
            must_send(xsub, Message("said"));
            kernel.await(Event::Kind::disconnected, life + 1);
        }
        publisher.join();
        CHECK(xsub.ledger().reconnects == 2);
    }
}
