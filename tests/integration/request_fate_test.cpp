// REQ and REP: what becomes of a request when one of them goes, is late, or gives up.
#include "request_reply.hpp"

#include <spaceframe/async.hpp>

#include <boost/asio/error.hpp>

#include <deque>
#include <future>
#include <memory>
#include <optional>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

} // namespace

TEST_CASE("a request whose server dies fails with request_lost, and the next one finds another server")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_req() + socket_lines("rep", "rep")});
        Socket req = kernel["req"];
        RawPeer server(req.last_endpoint());
        join(server, req, "REP");
        must_send(req, Message("lost"));
        CHECK(read_message(server) == Texts{"", "lost"});
        server.reset();
        CHECK(receive_error(req) == errc::request_lost);
        CHECK(receive_error(req) == errc::wrong_state);

        RawPeer second(req.last_endpoint());
        join(second, req, "REP");
        must_send(req, Message("lost as well"));
        read_message(second);
        second.close();
        kernel.await(Event::Kind::disconnected, 2);
        Socket rep = kernel["rep"];
        rep.connect(req.last_endpoint());
        must_send(req, Message("another"));
        answer_one(rep);
        CHECK(text_of(must_receive(req)) == "another");
    }
}

TEST_CASE("a REQ that dials its server again asks it again")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener;
        TestKernel kernel({.threads = threads, .sockets = socket_lines("req", "req", "reconnect_ivl 2ms")});
        Socket req = kernel["req"];
        req.connect(listener.endpoint());
        must_send(req, Message("waits for its peer"));
        for (const char* text : {"waits for its peer", "the next"})
        {
            std::optional<RawPeer> server;
            Threads accepting;
            accepting.start(
                [&]
                {
                    server.emplace(listener.accept());
                    server->shake_hands("REP");
                });
            REQUIRE(req.wait_for_peers(1, limit));
            accepting.join();
            if (text == std::string_view("the next"))
            {
                must_send(req, Message(text));
            }
            kernel.await_state(
                [&]
                {
                    return req.ledger().queued == 0;
                },
                "the request is written");
            CHECK(read_message(*server) == Texts{"", text});
            server->reset();
            CHECK(receive_error(req) == errc::request_lost);
        }
    }
}

TEST_CASE("a reply outlives its server")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_req()});
        Socket req = kernel["req"];
        RawPeer server(req.last_endpoint());
        join(server, req, "REP");
        must_send(req, Message("request"));
        read_message(server);
        server.send(frame("", true) + frame("reply"));
        server.close();
        kernel.await(Event::Kind::disconnected);
        CHECK(text_of(must_receive(req)) == "reply");
    }
}

TEST_CASE("a request that had not been written moves on to the next server, without those given up before it")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads, .sockets = bound_req("req_relaxed true") + socket_lines("rep", "rep")});
        Socket req = kernel["req"];
        RawPeer stuck(req.last_endpoint(), 4096);
        join(stuck, req, "REP");
        std::string large;
        large.resize(16'000'000, 'x');
        must_send(req, Message(large));
        must_send(req, Message("small"));
        stuck.reset();
        kernel.await(Event::Kind::disconnected);
        Socket rep = kernel["rep"];
        rep.connect(req.last_endpoint());
        CHECK(text_of(must_receive(rep)) == "small");
        must_send(rep, Message("reply"));
        CHECK(text_of(must_receive(req)) == "reply");
        CHECK(req.ledger().dropped_abandoned == 1);
    }
}

TEST_CASE(
    "a REQ that dials its server again asks it the last request only, and counts the others as that peer's")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener(4096);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("req", "req", "req_relaxed true\nreconnect_ivl 2ms")});
        Socket req = kernel["req"];
        req.connect(listener.endpoint());
        kernel.await(Event::Kind::connected);
        RawPeer stuck = listener.accept();
        join(stuck, req, "REP");
        std::string large;
        large.resize(16'000'000, 'x');
        must_send(req, Message(large));
        must_send(req, Message("small"));
        stuck.reset();
        kernel.await(Event::Kind::connected, 2);
        RawPeer again = listener.accept();
        join(again, req, "REP");
        kernel.await_state(
            [&]
            {
                return req.ledger().written == 1;
            },
            "the request is written");
        CHECK(read_message(again) == Texts{"", "small"});
        const std::vector<PeerInfo> peers = req.peers();
        REQUIRE(peers.size() == 1);
        CHECK(peers.front().ledger.assigned == 2);
        CHECK(peers.front().ledger.dropped == 1);
        CHECK(req.ledger().dropped_abandoned == 1);
    }
}

TEST_CASE("a client that dies in mid-request is no error for a REP, and its reply is dropped and counted")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = bound_rep("backpressure small") + socket_lines("req", "req"),
                           .more = small_budget});
        Socket rep = kernel["rep"];
        {
            RawPeer client(rep.last_endpoint());
            join(client, rep, "REQ");
            client.send(frame("", true) + frame("request"));
            client.send(frame("", true) + frame("the next"));
            CHECK(text_of(must_receive(rep)) == "request");
            kernel.await_state(
                [&]
                {
                    return rep.ledger().pending == 1;
                },
                "the second request has come");
        }
        kernel.await(Event::Kind::disconnected);
        must_send(rep, Message("for nobody"));
        CHECK(rep.ledger().dropped_peer_lost == 1);
        answer_one(rep);
        CHECK(rep.ledger().dropped_peer_lost == 2);

        Socket req = kernel["req"];
        req.connect(rep.last_endpoint());
        must_send(req, Message("request"));
        answer_one(rep);
        CHECK(text_of(must_receive(req)) == "request");
        kernel.await_state(
            [&]
            {
                return rep.ledger().written == 1;
            },
            "the reply counts as written");
    }
}

TEST_CASE("a request without a reply times out, and a late reply is not taken for another's")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_req("request_timeout 20ms")});
        Socket req = kernel["req"];
        RawPeer server(req.last_endpoint());
        join(server, req, "REP");
        const auto begin = std::chrono::steady_clock::now();
        must_send(req, Message("first"));
        CHECK(receive_error(req, 1ms) == errc::timed_out);
        CHECK(receive_error(req, wait_forever) == errc::request_timed_out);
        CHECK(std::chrono::steady_clock::now() - begin >= 20ms);
        CHECK(receive_error(req) == errc::wrong_state);

        const Texts first = read_message(server);
        REQUIRE(first.size() == 3);
        CHECK(first[0].size() == 4);
        server.send(frame(first[0], true) + frame("", true) + frame("late"));
        kernel.await_state(
            [&]
            {
                return req.ledger().dropped_unexpected == 1;
            },
            "the late reply is dropped");

        Message reply;
        for (error_code error = errc::request_timed_out; error == errc::request_timed_out;)
        {
            must_send(req, Message("next"));
            const Texts next = read_message(server);
            CHECK(next[0] != first[0]);
            server.send(frame(first[0], true) + frame("", true) + frame("too late") + //
                        frame(next[0], true) + frame("", true) + frame("in time"));
            req.receive(reply, limit, error);
        }
        CHECK(text_of(reply) == "in time");
    }
}

TEST_CASE("a request that times out before it was sent is withdrawn")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        RawListener listener;
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("req", "req", "request_timeout 2ms\nsend_hwm 1\nbackpressure small"),
             .more = small_budget});
        Socket req = kernel["req"];
        req.connect(listener.endpoint());
        for (std::uint64_t i = 1; i <= 3; ++i)
        {
            must_send(req, Message(std::to_string(i)));
            CHECK(receive_error(req) == errc::request_timed_out);
            CHECK(req.ledger().dropped_abandoned == i);
            CHECK(req.ledger().queued == 0);
            CHECK(req.budget().used == 0);
        }
        RawPeer server = listener.accept();
        join(server, req, "REP");
        must_send(req, Message("wanted"));
        CHECK(read_message(server).back() == "wanted");
    }
}

TEST_CASE("asynchronous calls see turns, replies, timeouts and lost requests")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = bound_req("request_timeout 30ms") +
                        socket_lines("patient", "req", "request_timeout 1h\nbind tcp://127.0.0.1:*")});
        Socket req = kernel["req"];
        const auto begin_receive = [](const Socket& socket)
        {
            const auto outcome = std::make_shared<std::promise<error_code>>();
            async_receive(socket,
                          [outcome](error_code error, const Message& /*message*/)
                          {
                              outcome->set_value(error);
                          });
            return outcome->get_future();
        };
        const auto code_of = [&](std::future<error_code> future)
        {
            kernel.await_state(
                [&]
                {
                    return future.wait_for(0s) == std::future_status::ready;
                },
                "the call is over");
            return future.get();
        };
        CHECK(code_of(begin_receive(req)) == errc::wrong_state);
        std::optional<RawPeer> server;
        server.emplace(req.last_endpoint());
        join(*server, req, "REP");
        for (int round = 0; round < 2; ++round)
        {
            must_send(req, Message("request"));
            CHECK(code_of(begin_receive(req)) == errc::request_timed_out);
            read_message(*server);
        }
        Socket patient = kernel["patient"];
        server.emplace(patient.last_endpoint());
        join(*server, patient, "REP");
        must_send(patient, Message("request"));
        auto lost = begin_receive(patient);
        server->reset();
        CHECK(code_of(std::move(lost)) == errc::request_lost);

        server.emplace(patient.last_endpoint());
        join(*server, patient, "REP");
        must_send(patient, Message("request"));
        auto cut_off = begin_receive(patient);
        const auto begin = std::chrono::steady_clock::now();
        kernel.close();
        CHECK(std::chrono::steady_clock::now() - begin < limit);
        CHECK(code_of(std::move(cut_off)) == boost::asio::error::operation_aborted);
    }
}

TEST_CASE("a relaxed REQ gives up the request under way, and correlation keeps the replies apart")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = bound_req("req_relaxed true\nreq_correlate true")});
        Socket req = kernel["req"];
        RawPeer server(req.last_endpoint());
        join(server, req, "REP");
        Texts ids;
        for (const char* text : {"a", "b", "c"})
        {
            must_send(req, Message(text));
            const Texts request = read_message(server);
            REQUIRE(request.size() == 3);
            CHECK(request[1].empty());
            CHECK(request[2] == text);
            ids.push_back(request[0]);
        }
        for (const std::size_t i : {0U, 2U, 1U})
        {
            server.send(frame(ids[i], true) + frame("", true) + frame("reply " + std::to_string(i)));
        }
        CHECK(text_of(must_receive(req)) == "reply 2");
        kernel.await_state(
            [&]
            {
                return req.ledger().dropped_unexpected == 2;
            },
            "the others are dropped");

        must_send(req, Message("d"));
        const std::string id = read_message(server)[0];
        server.send(frame(id, true) + frame("", true) + frame("given up"));
        kernel.await_state(
            [&]
            {
                return req.ledger().pending == 1;
            },
            "the reply is there");
        must_send(req, Message("e"));
        CHECK(req.ledger().pending == 0);
        CHECK(req.ledger().dropped_unexpected == 3);
        server.send(frame(read_message(server)[0], true) + frame("", true) + frame("the last"));
        CHECK(text_of(must_receive(req)) == "the last");
    }
}

TEST_CASE("many clients share a REP while others die in mid-request: all that live are served")
{
    constexpr int live = 6;
    constexpr int requests = 100;
    constexpr int doomed = 20;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        std::string sockets = bound_rep();
        for (int i = 0; i < live; ++i)
        {
            sockets += socket_lines("req" + std::to_string(i), "req");
        }
        TestKernel kernel({.threads = threads, .sockets = sockets});
        Socket rep = kernel["rep"];
        Threads clients;
        for (int i = 0; i < live; ++i)
        {
            clients.start(
                [&kernel, &rep, i]
                {
                    Socket req = kernel["req" + std::to_string(i)];
                    req.connect(rep.last_endpoint());
                    for (int request = 0; request < requests; ++request)
                    {
                        const std::string text = std::to_string(i) + "/" + std::to_string(request);
                        must_send(req, Message(text));
                        CHECK(text_of(must_receive(req)) == text);
                    }
                });
        }
        std::deque<RawPeer> dying;
        std::deque<Threads> talks;
        for (int i = 0; i < doomed; ++i)
        {
            dying.emplace_back(rep.last_endpoint());
            talks.emplace_back().start(
                [&peer = dying.back(), i]
                {
                    peer.shake_hands("REQ");
                    peer.send(frame("", true) + frame("doomed", true) + frame(std::to_string(i)));
                });
        }
        std::size_t dead = 0;
        for (int i = 0; i < live * requests + doomed; ++i)
        {
            Message request = must_receive(rep);
            if (text_of(request) == "doomed")
            {
                const std::size_t index = std::stoul(text_of(request, 1));
                talks[index].join();
                i % 2 == 0 ? dying[index].reset() : dying[index].close();
                kernel.await(Event::Kind::disconnected, ++dead);
            }
            must_send(rep, std::move(request));
        }
        clients.join();
        CHECK(dead == doomed);
        CHECK(rep.ledger().dropped_peer_lost == doomed);
        CHECK(rep.ledger().delivered == live * requests + doomed);
        CHECK(rep.ledger().peers == live);
        CHECK(receive_error(rep, no_wait) == errc::would_block);
    }
}
