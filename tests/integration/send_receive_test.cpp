// What one send and one receive do: waiting, batches, corks and flushes.
#include "content.hpp"
#include "test_kernel.hpp"

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <array>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};

std::string push_and_pull(std::string_view push = {}, std::string_view pull = {})
{
    return socket_lines("push", "push", push) + socket_lines("pull", "pull", pull);
}

void join(TestKernel& kernel)
{
    kernel["push"].connect(kernel["pull"].bind("tcp://127.0.0.1:*"));
}

} // namespace

TEST_CASE("calls that must not wait say would_block, and the message stays with its sender")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        error_code error;
        Message message("kept");
        kernel["push"].send(std::move(message), no_wait, error);
        CHECK(error == errc::would_block);
        CHECK(text_of(message) == "kept");
        std::array<Message, 2> batch{Message("a"), Message("b")};
        CHECK(kernel["push"].send_batch(batch, no_wait, error) == 0);
        CHECK(error == errc::would_block);
        CHECK(text_of(batch[1]) == "b");
        CHECK_FALSE(kernel["pull"].receive(message, no_wait, error));
        CHECK(error == errc::would_block);
        CHECK(kernel["pull"].receive_batch(batch, no_wait, error) == 0);
        CHECK(error == errc::would_block);
        kernel["push"].flush(no_wait, error);
        CHECK_FALSE(error);
    }
}

TEST_CASE("calls wait as long as their timeout or the socket's, not longer and not shorter")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = push_and_pull("send_timeout 30ms", "recv_timeout 30ms")});
        error_code error;
        Message message;
        auto begin = std::chrono::steady_clock::now();
        const auto waited = [&begin]
        {
            const auto now = std::chrono::steady_clock::now();
            const auto time = now - begin;
            begin = now;
            return time >= 20ms && time < 10s;
        };
        CHECK_FALSE(kernel["pull"].receive(message, error));
        CHECK(error == errc::timed_out);
        CHECK(waited());
        CHECK_FALSE(kernel["pull"].receive(message, 20ms, error));
        CHECK(error == errc::timed_out);
        CHECK(waited());
        kernel["push"].send("x", error);
        CHECK(error == errc::timed_out);
        CHECK(waited());
        message = Message("y");
        kernel["push"].send(std::move(message), 20ms, error);
        CHECK(error == errc::timed_out);
        CHECK(text_of(message) == "y");
        CHECK(waited());
        CHECK_FALSE(kernel["pull"].wait_for_peers(1, 20ms));
        CHECK(waited());
        CHECK(kernel["push"].ledger().accepted == 0);
    }
}

TEST_CASE("a socket that only sends does not receive, and the other way round")
{
    TestKernel kernel({.sockets = push_and_pull()});
    error_code error;
    Message message;
    CHECK_FALSE(kernel["push"].receive(message, error));
    CHECK(error == errc::not_supported);
    kernel["pull"].send("x", error);
    CHECK(error == errc::not_supported);
    kernel["push"].send(Message(), error);
    CHECK(error == errc::invalid_argument);
    CHECK(kernel["pull"].receive_batch({}, error) == 0);
    CHECK(error == errc::invalid_argument);
    CHECK_THROWS_WITH_AS(kernel["nobody"], doctest::Contains("pull"), boost::system::system_error);
}

TEST_CASE("texts in braces are the frames of one message")
{
    TestKernel kernel({.sockets = push_and_pull()});
    join(kernel);
    Socket push = kernel["push"];
    Socket pull = kernel["pull"];
    error_code error;
    push.send({"topic", "body"});
    push.send({"topic", std::string("of three"), std::string_view("frames")}, error);
    CHECK_FALSE(error);
    push.send({"one"}, limit, error);
    CHECK_FALSE(error);
    push.send("text", limit, error);
    CHECK_FALSE(error);
    const Message two = pull.receive(limit);
    REQUIRE(two.size() == 2);
    CHECK(text_of(two, 0) == "topic");
    CHECK(text_of(two, 1) == "body");
    Message three = pull.receive(limit);
    REQUIRE(three.size() == 3);
    CHECK(text_of(three, 1) == "of three");
    CHECK(text_of(pull.receive(limit)) == "one");
    CHECK(text_of(pull.receive(limit)) == "text");
    three.push_front("before");
    CHECK(three.size() == 4);
    CHECK(text_of(three, 0) == "before");
    CHECK_THROWS_WITH_AS(pull.receive(no_wait), doctest::Contains("pull: the operation would have to wait"),
                         boost::system::system_error);
}

TEST_CASE("an exception of a call says what was wrong with it")
{
    TestKernel kernel({.sockets = push_and_pull() + socket_lines("r", "router") + socket_lines("x", "xpub")});
    Socket push = kernel["push"];
    Socket pull = kernel["pull"];
    Socket router = kernel["r"];
    std::vector<Message> batch(1);
    const auto says = [](const std::string& text, const auto& call)
    {
        CAPTURE(text);
        CHECK_THROWS_WITH_AS(call(), doctest::Contains(text.c_str()), boost::system::system_error);
    };
    says("push: a message needs at least one frame",
         [&]
         {
             push.send(Message());
         });
    says("push: a message needs at least one frame",
         [&]
         {
             push.send_batch(batch);
         });
    says("r: a router's message begins with the peer's identity and needs a frame behind it",
         [&]
         {
             router.send("x");
         });
    batch[0] = Message("x");
    says("r: a router's message begins",
         [&]
         {
             router.send_batch(batch);
         });
    says("pull: a pull does not send",
         [&]
         {
             pull.send("x");
         });
    says("push: a push does not receive",
         [&]
         {
             push.receive();
         });
    says("pull: an empty batch has no room for a message",
         [&]
         {
             pull.receive_batch({});
         });
    says("push: a push does not subscribe",
         [&]
         {
             push.subscribe("x");
         });
    says("x: an xpub does not subscribe without xpub_manual",
         [&]
         {
             kernel["x"].unsubscribe("x");
         });
    says("push: a push does not have subscribers",
         [&]
         {
             push.wait_for_subscribers("", 1);
         });
}

TEST_CASE("batches arrive whole and in order")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        join(kernel);
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        std::vector<Message> messages;
        for (std::uint64_t i = 0; i < 300; ++i)
        {
            messages.push_back(make_message(i, {i, 5}));
        }
        CHECK(push.send_batch(messages) == messages.size());
        CHECK(messages.front().empty());
        CHECK(messages.back().empty());
        std::vector<std::string> bodies;
        std::vector<Bytes> views;
        for (std::uint64_t i = 0; i < 300; ++i)
        {
            bodies.push_back(body(i, i));
        }
        for (const std::string& text : bodies)
        {
            views.push_back(std::as_bytes(std::span(text)));
        }
        CHECK(push.send_batch(views) == views.size());

        std::vector<Message> received(7);
        std::size_t at = 0;
        while (at < 600)
        {
            const std::size_t count = pull.receive_batch(received);
            REQUIRE(count > 0);
            for (std::size_t i = 0; i < count; ++i, ++at)
            {
                if (at < 300)
                {
                    REQUIRE(problem_with(received[i], 0, at, {at, 5}) == "");
                }
                else
                {
                    REQUIRE(text_of(received[i]) == bodies[at - 300]);
                }
            }
        }
        CHECK(at == 600);
    }
}

TEST_CASE("messages received one by one and in batches come in one order, and the ledger knows each")
{
    constexpr std::uint64_t total = 1000;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("push", "push", "send_hwm 0") +
                                      socket_lines("pull", "pull", "recv_hwm 0\nbind tcp://127.0.0.1:*")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        push.connect(pull.last_endpoint());
        for (std::uint64_t i = 0; i < total; ++i)
        {
            push.send(i % 7 == 0 ? make_message(i, {5, 3000, 0}) : make_message(i, {12}));
        }
        kernel.await_state(
            [&]
            {
                return pull.ledger().pending == total;
            },
            "all have arrived");
        std::array<Message, 50> batch;
        std::uint64_t next = 0;
        const auto check = [&](const Message& message)
        {
            const std::vector<std::size_t> sizes =
                next % 7 == 0 ? std::vector<std::size_t>{5, 3000, 0} : std::vector<std::size_t>{12};
            REQUIRE(problem_with(message, 0, next, sizes) == "");
            ++next;
        };
        while (next < total)
        {
            check(must_receive(pull));
            REQUIRE(pull.ledger().delivered == next);
            REQUIRE(pull.ledger().pending == total - next);
            if (next % 3 == 0)
            {
                error_code error;
                const std::size_t count =
                    pull.receive_batch(std::span(batch).first(next % 50), no_wait, error);
                for (const Message& message : std::span(batch).first(count))
                {
                    check(message);
                }
            }
        }
        CHECK(pull.ledger().pending == 0);
    }
}

TEST_CASE("a batch that holds an empty message is taken up to it")
{
    TestKernel kernel({.sockets = push_and_pull()});
    join(kernel);
    std::array<Message, 3> batch{Message("a"), Message(), Message("c")};
    error_code error;
    CHECK(kernel["push"].send_batch(batch, limit, error) == 1);
    CHECK(error == errc::invalid_argument);
    CHECK(text_of(batch[2]) == "c");
    Socket pull = kernel["pull"];
    CHECK(text_of(must_receive(pull)) == "a");
}

TEST_CASE("a cork holds messages back until it ends")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        join(kernel);
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        REQUIRE(push.wait_for_peers(1, limit));
        {
            const Cork outer = push.cork();
            {
                const Cork inner = push.cork();
                push.send("1");
                push.send("2");
            }
            push.send("3");
            CHECK(push.ledger().written == 0);
            CHECK(push.ledger().queued == 3);
        }
        for (const char* expected : {"1", "2", "3"})
        {
            CHECK(text_of(must_receive(pull)) == expected);
        }
    }
}

TEST_CASE("a flush returns when everything was written")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull("send_hwm 0", "recv_hwm 0")});
        join(kernel);
        Socket push = kernel["push"];
        for (std::uint64_t i = 0; i < 500; ++i)
        {
            push.send(make_message(i, {3000}));
        }
        error_code error;
        push.flush(limit, error);
        CHECK_FALSE(error);
        CHECK(push.ledger().written == 500);
        CHECK(push.ledger().queued == 0);
    }
}

TEST_CASE("a flush that cannot end says so")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        Socket push = kernel["push"];
        push.connect("ipc://@spaceframe-nobody-listens-here");
        push.send("x");
        error_code error;
        push.flush(20ms, error);
        CHECK(error == errc::timed_out);
        push.flush(no_wait, error);
        CHECK(error == errc::would_block);
        CHECK(push.ledger().queued == 1);
    }
}

TEST_CASE("messages sent before anybody listens are delivered once somebody does")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel other({.threads = 1, .sockets = socket_lines("pull", "pull")});
        const std::string endpoint = other["pull"].bind("tcp://127.0.0.1:*");
        other.close(); // the port was free a moment ago

        TestKernel kernel({.threads = threads, .sockets = push_and_pull("reconnect_ivl 5ms")});
        Socket push = kernel["push"];
        Socket pull = kernel["pull"];
        push.connect(endpoint);
        for (std::uint64_t i = 0; i < 10; ++i)
        {
            push.send(make_message(i, {i, 3}));
        }
        kernel.await(Event::Kind::retrying, 2);
        CHECK(push.ledger().failures >= 2);
        pull.bind(endpoint);
        for (std::uint64_t i = 0; i < 10; ++i)
        {
            REQUIRE(problem_with(must_receive(pull), 0, i, {i, 3}) == "");
        }
        CHECK(push.ledger().connections == 1);
        CHECK(push.ledger().reconnects == 0);
        CHECK(push.last_endpoint() == "");
        CHECK(pull.last_endpoint() == endpoint);
    }
}
