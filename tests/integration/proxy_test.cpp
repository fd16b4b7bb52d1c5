// A proxy between a ROUTER and a DEALER: clients in front, workers behind.
#include "content.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::uint64_t requests = 60;

std::vector<std::size_t> sizes_of(std::uint64_t id)
{
    return {id % 7 == 0 ? 20'000U : id % 300, 2};
}

std::string endpoint_of(const char* worker, unsigned threads)
{
    return "ipc://@spaceframe-proxy-" + std::to_string(::getpid()) + "-" + std::to_string(threads) + worker;
}

const std::string broker = "policies\n{\nsmall\n{\nrole backpressure\nuse semaphore\nbytes 64KiB\n}\n}\n"
                           "proxies\n{\nbroker\n{\nfront front\nback back\n}\n}\n";

} // namespace

TEST_CASE("a proxy serves many clients with many workers, and its permits wait where workers are slow")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("front", "router", "bind tcp://127.0.0.1:*\nsend_hwm 0") +
                        socket_lines("back", "dealer", "backpressure small\nreconnect_ivl 5ms") +
                        socket_lines("c0", "dealer") + socket_lines("c1", "dealer") +
                        socket_lines("c2", "dealer") + socket_lines("w0", "dealer") +
                        socket_lines("w1", "dealer"),
             .more = broker});
        for (const char* name : {"w0", "w1"})
        {
            kernel["back"].connect(endpoint_of(name, threads));
        }
        constexpr std::array<const char*, 3> clients{"c0", "c1", "c2"};
        Threads asking;
        for (std::size_t c = 0; c < clients.size(); ++c)
        {
            Socket client = kernel[clients.at(c)];
            client.connect(kernel["front"].last_endpoint());
            asking.start(
                [client, c]() mutable
                {
                    for (std::uint64_t i = 0; i < requests; ++i)
                    {
                        const std::uint64_t id = c * requests + i;
                        Message request = make_message(id, sizes_of(id));
                        request.push_front(Frame(std::to_string(i)));
                        must_send(client, std::move(request));
                    }
                    std::vector<bool> answered(requests);
                    for (std::uint64_t i = 0; i < requests; ++i)
                    {
                        const Message reply = must_receive(client);
                        const std::uint64_t answer = std::stoull(text_of(reply));
                        const std::uint64_t id = c * requests + answer;
                        const std::string problem = problem_with(reply, 1, id, sizes_of(id));
                        if (!problem.empty() || answered.at(answer))
                        {
                            throw std::runtime_error(problem + " (or twice)");
                        }
                        answered.at(answer) = true;
                    }
                });
        }
        // Nobody listens where the workers will be: what is beyond the budget has to wait.
        kernel.await_state(
            [&]
            {
                return kernel["back"].budget().waited >= 1;
            },
            "a permit waits");
        Threads working;
        for (const char* name : {"w0", "w1"})
        {
            Socket worker = kernel[name];
            worker.bind(endpoint_of(name, threads));
            working.start(
                [worker]() mutable
                {
                    for (;;)
                    {
                        Message request;
                        error_code error;
                        worker.receive(request, limit, error);
                        if (error)
                        {
                            return;
                        }
                        must_send(worker, std::move(request));
                    }
                });
        }
        asking.join();
        // What was read already may not have been counted yet by who wrote it.
        kernel.await_state(
            [&]
            {
                return kernel["back"].ledger().written == clients.size() * requests &&
                       kernel["front"].ledger().written == clients.size() * requests &&
                       kernel["back"].budget().used == 0;
            },
            "all requests and replies are counted, and their permits are back");
        kernel->close(limit);
        working.join();
    }
}

TEST_CASE("a host that receives from a proxy's socket gets what it asked for, and the proxy the rest")
{
    constexpr std::uint64_t total = 300;
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads,
                           .sockets = socket_lines("in", "pull", "bind tcp://127.0.0.1:*\nrecv_hwm 0") +
                                      socket_lines("out", "push", "send_hwm 0") +
                                      socket_lines("source", "push") +
                                      socket_lines("sink", "pull", "bind tcp://127.0.0.1:*\nrecv_hwm 0"),
                           .more = "proxies\n{\nline\n{\nfront in\nback out\n}\n}\n"});
        kernel["out"].connect(kernel["sink"].last_endpoint());
        Socket source = kernel["source"];
        source.connect(kernel["in"].last_endpoint());
        std::uint64_t stolen = 0;
        for (std::uint64_t i = 0; i < total; ++i)
        {
            must_send(source, make_message(i, {20}));
            Message message;
            error_code error;
            if (i % 50 == 0 && kernel["in"].receive(message, no_wait, error))
            {
                ++stolen;
            }
        }
        kernel.await_state(
            [&]
            {
                return kernel["sink"].ledger().pending == total - stolen;
            },
            "all others have passed");
    }
}

TEST_CASE(
    "a proxy drops and counts what the budget behind it refuses for its size, and passes on what follows")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("from", "push") + socket_lines("in", "pull", "bind tcp://127.0.0.1:*") +
                        socket_lines("out", "push", "backpressure tiny") +
                        socket_lines("to", "pull", "bind tcp://127.0.0.1:*"),
             .more =
                 "policies\n{\ntiny\n{\nrole backpressure\nuse semaphore\nbytes 1KiB\noversize refuse\n}\n}\n"
                 "proxies\n{\np\n{\nfront in\nback out\n}\n}\n"});
        Socket from = kernel["from"];
        Socket out = kernel["out"];
        from.connect(kernel["in"].last_endpoint());
        out.connect(kernel["to"].last_endpoint());
        must_send(from, Message(std::string_view(body(1, 2'000))));
        must_send(from, Message("next"));
        Socket to = kernel["to"];
        CHECK(text_of(must_receive(to)) == "next");
        CHECK(out.ledger().accepted == 2);
        CHECK(out.ledger().dropped_full == 1);
    }
}
