// Work that is done while there is no memory: whoever asked for it is told what became of it, every message
// is counted, and nothing of what failed is left.
#include "descriptors.hpp"
#include "fault_proxy.hpp"
#include "handed_over.hpp"
#include "scarce_memory.hpp"
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/monitor.hpp>

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<Refuse, 2> kinds{Refuse::one, Refuse::all};
constexpr const char* any_port = "tcp://127.0.0.1:*";

} // namespace

TEST_CASE("a bind for which there is no memory has failed, and leaves nothing open")
{
    for (const Refuse kind : kinds)
    {
        CAPTURE(static_cast<int>(kind));
        TestKernel kernel({.threads = 0, .sockets = socket_lines("pull", "pull")});
        Socket pull = kernel["pull"];
        pull.bind(any_port);
        std::size_t listening = 1;
        std::size_t open = open_descriptors();
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            bool bound = false;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    pull.bind(any_port);
                                                    bound = true;
                                                });
            if (bound)
            {
                // What was refused concerned the tale of it only.
                ++listening;
                open = open_descriptors();
            }
            error_code error;
            pull.wait_for_endpoint(any_port, no_wait, error);
            CHECK(error != errc::would_block);
            CHECK(pull.bound().size() == listening);
            CHECK(open_descriptors() == open);
            if (!lacked)
            {
                CHECK(bound);
                break;
            }
        }
    }
}

TEST_CASE("nobody waits for an endpoint whose async_connect could not begin for lack of memory")
{
    TestKernel server({.threads = 1, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
    const std::string endpoint = server["pull"].last_endpoint();
    for (const Refuse kind : kinds)
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            TestKernel kernel({.threads = 0, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")});
            Socket push = kernel["push"];
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    async_connect(push, endpoint, [](error_code) {});
                                                });
            error_code error;
            push.wait_for_endpoint(endpoint, limit, error);
            CHECK(error != errc::timed_out);
            if (!lacked)
            {
                CHECK_FALSE(error);
                break;
            }
        }
    }
}

TEST_CASE(
    "a connection for which there is no memory ends, another is tried, and closing waits for none of them")
{
    const std::size_t open = open_descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        TestKernel server({.threads = 1, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        const std::string endpoint = server["pull"].last_endpoint();
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            Kernel kernel(
                manifest_of({.threads = 0, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")}));
            kernel.start();
            Socket push = kernel.socket("push");
            push.connect(endpoint);
            error_code error;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    push.wait_for_endpoint(endpoint, limit, error);
                                                });
            CHECK(error != errc::timed_out);
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                CHECK_FALSE(error);
                break;
            }
        }
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE(
    "a peer for which there is no memory is hung up on, comes again, and closing waits for none of them")
{
    const std::size_t open = open_descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            Kernel kernel(manifest_of({.threads = 0, .sockets = socket_lines("pull", "pull")}));
            kernel.start();
            Socket pull = kernel.socket("pull");
            pull.bind(any_port);
            TestKernel client({.threads = 1, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")});
            client["push"].connect(pull.last_endpoint());
            bool came = false;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    came = pull.wait_for_peers(1, limit);
                                                });
            CHECK(came);
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                break;
            }
        }
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("a connection that is adopted without memory is its owner's, or is closed and told to have failed")
{
    const std::size_t open = open_descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some, Refuse::all})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            Kernel kernel(manifest_of(
                {.threads = 0, .sockets = socket_lines("push", "push") + socket_lines("pull", "pull")}));
            kernel.start();
            Socket push = kernel.socket("push");
            Socket pull = kernel.socket("pull");
            auto pair = local_pair();
            hand_over(pull, "ipc", pair[1]);
            const int fd = pair[0].get();
            std::string name;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    error_code unused;
                                                    name = push.adopt("ipc", handle_of(fd), unused);
                                                });
            error_code error;
            if (name.empty())
            {
                CHECK(is_open(fd));
            }
            else
            {
                pair[0].release();
                push.wait_for_endpoint(name, limit, error);
                CHECK((!error || error == errc::no_memory));
                CHECK(is_open(fd) == !error);
            }
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                CHECK_FALSE(name.empty());
                CHECK_FALSE(error);
                break;
            }
        }
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("an adopted connection that begins without memory ends, and closing does not wait for it")
{
    const std::size_t open = open_descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            TestKernel far({.threads = 1, .sockets = socket_lines("pull", "pull")});
            Kernel kernel(manifest_of({.threads = 0, .sockets = socket_lines("push", "push")}));
            kernel.start();
            Socket push = kernel.socket("push");
            Socket pull = far["pull"];
            auto pair = local_pair();
            hand_over(pull, "ipc", pair[1]);
            const std::string name = hand_over(push, "ipc", pair[0]);
            error_code error;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    push.wait_for_endpoint(name, limit, error);
                                                });
            CHECK(error != errc::timed_out);
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                CHECK_FALSE(error);
                break;
            }
        }
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("messages for which there is no memory are refused, or end their connection, and are counted")
{
    const std::string body(300, 'x');
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            CheckedKernel kernel(manifest_of({.threads = 0,
                                              .sockets = socket_lines("pull", "pull") +
                                                         socket_lines("push", "push", "reconnect_ivl 1ms")}));
            kernel.start();
            Socket pull = kernel.socket("pull");
            Socket push = kernel.socket("push");
            push.connect(pull.bind(any_port));
            REQUIRE(push.wait_for_peers(1, limit));
            REQUIRE(pull.wait_for_peers(1, limit));
            std::size_t taken = 0;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    for (int i = 0; i < 3; ++i)
                                                    {
                                                        error_code error;
                                                        Message message(body);
                                                        push.send(std::move(message), limit, error);
                                                        taken += error ? 0U : 1U;
                                                        pull.receive(message, no_wait, error);
                                                    }
                                                });
            CHECK(push.wait_for_peers(1, limit));
            check_ledgers(kernel, "when there is memory again");
            CHECK(push.ledger().accepted == taken);
            must_send(push, Message("the last"));
            for (Message message; text_of(message) != "the last";)
            {
                message = must_receive(pull);
            }
            if (!lacked)
            {
                CHECK(pull.ledger().delivered == taken + 1);
                break;
            }
        }
    }
}

TEST_CASE("closing for which there is no memory is done by the next call")
{
    const std::size_t open = open_descriptors();
    for (const unsigned threads : {0U, 1U})
    {
        CAPTURE(threads);
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            CheckedKernel kernel(
                manifest_of({.threads = threads,
                             .sockets = socket_lines("pull", "pull") + socket_lines("push", "push")}));
            kernel.start();
            Socket push = kernel.socket("push");
            push.connect(kernel.socket("pull").bind(any_port));
            REQUIRE(push.wait_for_peers(1, limit));
            const bool lacked = with_memory_for(requests, Refuse::one,
                                                [&]
                                                {
                                                    kernel.close(limit);
                                                });
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                break;
            }
        }
    }
    CHECK(open_descriptors() == open);
}

TEST_CASE("messages of a peer that is lost without memory to keep them are dropped, and counted")
{
    for (const std::string fate : {"keep", "drop", "expire\npeer_loss_expiry 1h", "return"})
    {
        CAPTURE(fate);
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            CheckedKernel kernel(manifest_of(
                {.threads = 0,
                 .sockets = socket_lines("pull", "pull", "recv_hwm 1\nbind tcp://127.0.0.1:*") +
                            socket_lines("push", "push",
                                         "reconnect_ivl 1h\nbackpressure budget\non_peer_loss " + fate),
                 .more = "policies {\nbudget {\nrole backpressure\nuse semaphore\n}\n}\n"}));
            kernel.start();
            Socket push = kernel.socket("push");
            FaultProxy network(kernel.socket("pull").last_endpoint());
            push.connect(network.endpoint());
            REQUIRE(push.wait_for_peers(1, limit));
            network.set_passage(FaultProxy::Passage::none);
            error_code error;
            while (!error)
            {
                push.send(Message(std::string(3000, 'x')), no_wait, error);
            }
            network.end(FaultProxy::End::reset);
            const bool lacked = with_memory_for(requests, Refuse::some,
                                                [&]
                                                {
                                                    while (push.ledger().peers > 0)
                                                    {
                                                        kernel.run_for(std::chrono::milliseconds(1));
                                                    }
                                                });
            while (push.ledger().peers > 0)
            {
                kernel.run_for(std::chrono::milliseconds(1));
            }
            check_ledgers(kernel, "when the peer is lost");
            push.close(Timeout::zero());
            check_closed(push);
            if (!lacked)
            {
                break;
            }
        }
    }
}

TEST_CASE(
    "endpoints that are closed without memory are closed by the next call, and monitors count what they lose")
{
    bool lost = false;
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            CheckedKernel kernel(manifest_of(
                {.threads = 0, .sockets = socket_lines("pull", "pull") + socket_lines("push", "push")}));
            kernel.start();
            Socket pull = kernel.socket("pull");
            Socket push = kernel.socket("push");
            const std::string endpoint = pull.bind(any_port);
            Monitor monitor(push);
            push.connect(endpoint);
            REQUIRE(push.wait_for_peers(1, limit));
            while (monitor.receive(limit).kind != Event::Kind::ready)
            {}
            error_code disconnected;
            error_code unbound;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    push.disconnect(endpoint, disconnected);
                                                    pull.unbind(endpoint, unbound);
                                                    kernel.run_for(std::chrono::milliseconds(2));
                                                });
            if (disconnected)
            {
                CHECK(disconnected == errc::no_memory);
                push.disconnect(endpoint);
            }
            if (unbound)
            {
                CHECK(unbound == errc::no_memory);
                pull.unbind(endpoint);
            }
            const auto end = std::chrono::steady_clock::now() + limit;
            while (!push.peers().empty() && std::chrono::steady_clock::now() < end)
            {
                kernel.run_for(std::chrono::milliseconds(1));
            }
            CHECK(push.peers().empty());
            CHECK(pull.bound().empty());
            std::size_t kept = 0;
            MonitorEvent event;
            error_code error;
            while (monitor.receive(event, no_wait, error))
            {
                ++kept;
            }
            CHECK(kept + monitor.lost() == 2); // closed, disconnected
            lost = lost || monitor.lost() > 0;
            if (!lacked)
            {
                CHECK(kept == 2);
                break;
            }
        }
    }
    CHECK(lost);
}
