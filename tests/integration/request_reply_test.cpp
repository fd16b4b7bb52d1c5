// REQ and REP: turns, envelopes, and many of them.
#include "content.hpp"
#include "request_reply.hpp"

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("a REQ and a REP fail with wrong_state out of turn, and lose nothing by it")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_rep() + socket_lines("req", "req")});
        Socket rep = kernel["rep"];
        Socket req = kernel["req"];
        req.connect(rep.last_endpoint());
        CHECK(receive_error(req) == errc::wrong_state);
        CHECK(send_error(rep, Message("unasked")) == errc::wrong_state);
        CHECK(receive_error(rep, no_wait) == errc::would_block);
        CHECK(receive_error(rep, 1ms) == errc::timed_out);
        for (int round = 0; round < 3; ++round)
        {
            must_send(req, Message{"request", ""});
            Message second("second");
            error_code error;
            req.send(std::move(second), limit, error);
            CHECK(error == errc::wrong_state);
            CHECK(text_of(second) == "second"); // NOLINT(bugprone-use-after-move)
            req.send("a copy", error);
            CHECK(error == errc::wrong_state);

            Message request = must_receive(rep);
            REQUIRE(request.size() == 2);
            CHECK(text_of(request) == "request");
            CHECK(receive_error(req, no_wait) == errc::would_block);
            CHECK(receive_error(req, 1ms) == errc::timed_out);
            CHECK(receive_error(rep) == errc::wrong_state);
            must_send(rep, Message{"", "reply"});
            CHECK(send_error(rep, Message("again")) == errc::wrong_state);

            const Message reply = must_receive(req);
            REQUIRE(reply.size() == 2);
            CHECK(text_of(reply, 1) == "reply");
            CHECK(receive_error(req) == errc::wrong_state);
        }
        CHECK(req.ledger().accepted_bytes == 3 * 7);
        CHECK(rep.ledger().accepted_bytes == 3 * 5);
    }
}

TEST_CASE("a batch of a REQ or a REP is one message at most")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = bound_rep("backpressure small") + socket_lines("req", "req", "backpressure small"),
             .more = small_budget});
        Socket rep = kernel["rep"];
        Socket req = kernel["req"];
        req.connect(rep.last_endpoint());
        for (Socket* socket : {&req, &rep})
        {
            std::array<Message, 3> batch{Message("1"), Message("2"), Message("3")};
            error_code error;
            CHECK(socket->send_batch(batch, limit, error) == 1);
            CHECK(error == errc::wrong_state);
            CHECK(batch[0].empty());
            CHECK(text_of(batch[1]) == "2");
            Socket& other = socket == &req ? rep : req;
            CHECK(other.receive_batch(batch, limit, error) == 1);
            CHECK(text_of(batch[0]) == "1");
            CHECK(batch[1].empty());
        }
    }
}

TEST_CASE("envelopes of REQ survive ROUTERs and DEALERs on their way to a REP and back")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("front", "router", "bind tcp://127.0.0.1:*") +
                                      socket_lines("back", "dealer", "bind tcp://127.0.0.1:*") +
                                      socket_lines("front2", "router", "bind tcp://127.0.0.1:*") +
                                      socket_lines("back2", "dealer") +
                                      socket_lines("w0", "rep", "backpressure small") +
                                      socket_lines("w1", "rep") +
                                      socket_lines("c0", "req", "req_correlate true\nbackpressure small") +
                                      socket_lines("c1", "req", "identity client") +
                                      socket_lines("c2", "req", "req_relaxed true"),
                           .more = small_budget + "proxies\n{\nfirst\n{\nfront front\nback back2\n}\n"
                                                  "second\n{\nfront front2\nback back\n}\n}\n"});
        kernel["back2"].connect(kernel["front2"].last_endpoint());
        Threads working;
        for (const char* name : {"w0", "w1"})
        {
            Socket worker = kernel[name];
            worker.connect(kernel["back"].last_endpoint());
            working.start(
                [worker]() mutable
                {
                    error_code error;
                    for (Message message; worker.receive(message, wait_forever, error);)
                    {
                        message.push_back(std::string_view("done"));
                        must_send(worker, std::move(message));
                        message = {};
                    }
                    REQUIRE(error == errc::terminated);
                });
        }
        Threads asking;
        constexpr std::array<const char*, 3> clients{"c0", "c1", "c2"};
        for (std::size_t c = 0; c < clients.size(); ++c)
        {
            Socket client = kernel[clients.at(c)];
            client.connect(kernel["front"].last_endpoint());
            asking.start(
                [client, c]() mutable
                {
                    for (std::uint64_t i = 0; i < 40; ++i)
                    {
                        const std::uint64_t id = c * 1000 + i;
                        must_send(client, make_message(id, {id % 5 == 0 ? 20'000U : 3U, 0, id % 300}));
                        const Message reply = must_receive(client);
                        REQUIRE(reply.size() == 4);
                        REQUIRE(text_of(reply, 3) == "done");
                        const Message expected = make_message(id, {id % 5 == 0 ? 20'000U : 3U, 0, id % 300});
                        for (std::size_t frame = 0; frame < 3; ++frame)
                        {
                            REQUIRE(text_of(reply, frame) == text_of(expected, frame));
                        }
                    }
                });
        }
        asking.join();
        CHECK(kernel["w0"].ledger().delivered + kernel["w1"].ledger().delivered == 120);
        kernel.close();
        working.join();
    }
}

TEST_CASE("twenty clients share one REP, which serves them one at a time")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        constexpr std::size_t clients = 20;
        constexpr std::uint64_t requests = 25;
        std::string sockets = bound_rep("recv_hwm 1\nbackpressure small");
        for (std::size_t c = 0; c < clients; ++c)
        {
            sockets += socket_lines("c" + std::to_string(c), "req");
        }
        TestKernel kernel({.threads = threads, .sockets = sockets, .more = small_budget});
        Socket rep = kernel["rep"];
        Threads asking;
        for (std::size_t c = 0; c < clients; ++c)
        {
            Socket client = kernel["c" + std::to_string(c)];
            client.connect(rep.last_endpoint());
            asking.start(
                [client, c]() mutable
                {
                    for (std::uint64_t i = 0; i < requests; ++i)
                    {
                        const std::string text = std::to_string(c) + "/" + std::to_string(i);
                        must_send(client, Message(text));
                        REQUIRE(text_of(must_receive(client)) == text);
                    }
                });
        }
        for (std::size_t i = 0; i < clients * requests; ++i)
        {
            answer_one(rep);
        }
        asking.join();
        CHECK(rep.ledger().delivered == clients * requests);
    }
}

TEST_CASE("a REP answers the requests that one peer sent ahead in their order")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_rep() + socket_lines("dealer", "dealer")});
        Socket rep = kernel["rep"];
        Socket dealer = kernel["dealer"];
        dealer.connect(rep.last_endpoint());
        for (int i = 0; i < 50; ++i)
        {
            must_send(dealer, Message{"trace", "", std::to_string(i)});
        }
        for (int i = 0; i < 50; ++i)
        {
            answer_one(rep);
            const Message reply = must_receive(dealer);
            REQUIRE(reply.size() == 3);
            CHECK(text_of(reply) == "trace");
            CHECK(text_of(reply, 2) == std::to_string(i));
        }
    }
}

TEST_CASE("a REQ asks its peers in turn")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = bound_req() + socket_lines("a", "rep") + socket_lines("b", "rep")});
        Socket req = kernel["req"];
        Socket a = kernel["a"];
        Socket b = kernel["b"];
        a.connect(req.last_endpoint());
        b.connect(req.last_endpoint());
        REQUIRE(req.wait_for_peers(2, limit));
        for (int i = 0; i < 6; ++i)
        {
            must_send(req, Message("request"));
            kernel.await_state(
                [&]
                {
                    return a.ledger().pending + b.ledger().pending == 1;
                },
                "one of them has it");
            answer_one(a.ledger().pending == 1 ? a : b);
            must_receive(req);
        }
        CHECK(a.ledger().delivered == 3);
        CHECK(b.ledger().delivered == 3);
    }
}

TEST_CASE("messages without their envelope are dropped and counted")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_rep() + bound_req()});
        Socket rep = kernel["rep"];
        RawPeer client(rep.last_endpoint());
        join(client, rep, "DEALER");
        client.send(frame("x") + frame("") + frame("a", true) + frame("", false) + frame("a", true) +
                    frame("b"));
        client.send(frame("a", true) + frame("", true) + frame("good"));
        CHECK(text_of(must_receive(rep)) == "good");
        CHECK(rep.ledger().dropped_malformed == 4);
        must_send(rep, Message("reply"));
        CHECK(read_message(client) == Texts{"a", "", "reply"});

        Socket req = kernel["req"];
        RawPeer server(req.last_endpoint());
        join(server, req, "ROUTER");
        must_send(req, Message("request"));
        server.send(frame("x") + frame("") + frame("a", true) + frame("", true) + frame("b"));
        server.send(frame("", true) + frame("good") + frame("", true) + frame("again"));
        CHECK(text_of(must_receive(req)) == "good");
        kernel.await_state(
            [&]
            {
                return req.ledger().dropped_unexpected == 1;
            },
            "the second reply is dropped");
        CHECK(req.ledger().dropped_malformed == 3);
    }
}

TEST_CASE("a REQ and a REP that wait learn that the kernel closes")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = bound_rep() + socket_lines("req", "req", "request_timeout 1h")});
        Socket req = kernel["req"];
        req.connect(kernel["rep"].last_endpoint());
        must_send(req, Message("request"));
        Socket rep = kernel["rep"];
        must_receive(rep);
        error_code error;
        Threads waiting;
        waiting.start(
            [&]
            {
                error = receive_error(req, wait_forever);
            });
        kernel.close();
        waiting.join();
        CHECK(error == errc::terminated);
    }
}
