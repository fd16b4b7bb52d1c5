// Many threads use one socket, and connections live on many loops.
#include "content.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <map>
#include <set>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<unsigned, 3> all_threads{0, 1, 2};
constexpr std::uint64_t senders = 8;
constexpr std::uint64_t each = 400;

std::vector<std::size_t> sizes_of(std::uint64_t id)
{
    return {8, id % 700, 3, id % 17 == 0 ? 20'000U : 1U};
}

// A message that says which it is.
Message message_of(std::uint64_t sender, std::uint64_t number)
{
    const std::uint64_t id = sender * each + number;
    Message message = make_message(id, sizes_of(id));
    message.push_front(Frame(std::to_string(sender) + " " + std::to_string(number)));
    return message;
}

std::pair<std::uint64_t, std::uint64_t> check(const Message& message)
{
    const std::string label = text_of(message);
    const auto space = label.find(' ');
    const std::uint64_t sender = std::stoull(label.substr(0, space));
    const std::uint64_t number = std::stoull(label.substr(space + 1));
    const std::uint64_t id = sender * each + number;
    if (const std::string problem = problem_with(message, 1, id, sizes_of(id)); !problem.empty())
    {
        throw std::runtime_error(problem);
    }
    return {sender, number};
}

void start_senders(Threads& threads, Socket push)
{
    for (std::uint64_t sender = 0; sender < senders; ++sender)
    {
        threads.start(
            [push, sender]() mutable
            {
                for (std::uint64_t number = 0; number < each; ++number)
                {
                    must_send(push, message_of(sender, number));
                }
            });
    }
}

std::string push_and_pull()
{
    return socket_lines("push", "push", "send_hwm 50") + socket_lines("pull", "pull", "recv_hwm 50");
}

} // namespace

TEST_CASE("with two threads connections live on both loops")
{
    TestKernel server({.threads = 2, .sockets = socket_lines("pull", "pull")});
    TestKernel client({.threads = 2, .sockets = socket_lines("push", "push")});
    const std::string endpoint = server["pull"].bind("tcp://127.0.0.1:*");
    Socket push = client["push"];
    for (int i = 0; i < 4; ++i)
    {
        push.connect(endpoint);
    }
    for (TestKernel* kernel : {&server, &client})
    {
        kernel->await(Event::Kind::ready, 4);
        std::map<std::size_t, int> loops;
        for (const Happening& happening : kernel->happenings())
        {
            loops[happening.loop] += happening.kind == Event::Kind::ready ? 1 : 0;
        }
        CHECK(loops[0] == 2);
        CHECK(loops[1] == 2);
    }
    for (std::uint64_t i = 0; i < 40; ++i)
    {
        must_send(push, make_message(i, {10}));
    }
    Socket pull = server["pull"];
    for (int i = 0; i < 40; ++i)
    {
        must_receive(pull);
    }
}

TEST_CASE("8 threads send through one socket: no message is torn or lost, and each thread's come in order")
{
    for (const unsigned threads : all_threads)
    {
        for (const std::size_t links : {1U, 3U})
        {
            CAPTURE(threads);
            CAPTURE(links);
            TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
            Socket push = kernel["push"];
            Socket pull = kernel["pull"];
            const std::string endpoint = pull.bind("tcp://127.0.0.1:*");
            for (std::size_t i = 0; i < links; ++i)
            {
                push.connect(endpoint);
            }
            Threads workers;
            start_senders(workers, push);
            std::array<std::uint64_t, senders> next{};
            std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
            for (std::uint64_t i = 0; i < senders * each; ++i)
            {
                const auto which = check(must_receive(pull));
                CHECK(seen.insert(which).second);
                if (links == 1)
                {
                    REQUIRE(which.second == next.at(which.first)++);
                }
            }
            workers.join();
            CHECK(pull.ledger().arrived == senders * each);
        }
    }
}

TEST_CASE("8 threads receive from one socket: each message goes to one of them")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = push_and_pull()});
        Socket push = kernel["push"];
        push.connect(kernel["pull"].bind("tcp://127.0.0.1:*"));
        std::mutex mutex;
        std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
        std::atomic<std::uint64_t> left{senders * each};
        Threads workers;
        for (int i = 0; i < 8; ++i)
        {
            workers.start(
                [&, pull = kernel["pull"]]() mutable
                {
                    // Each takes a ticket before it waits, so that nobody waits for what never comes.
                    for (;;)
                    {
                        std::uint64_t tickets = left.load();
                        while (tickets > 0 && !left.compare_exchange_weak(tickets, tickets - 1))
                        {}
                        if (tickets == 0)
                        {
                            return;
                        }
                        const auto which = check(must_receive(pull));
                        const std::lock_guard guard(mutex);
                        if (!seen.insert(which).second)
                        {
                            throw std::runtime_error("a message came twice");
                        }
                    }
                });
        }
        start_senders(workers, push);
        workers.join();
        CHECK(seen.size() == senders * each);
    }
}

TEST_CASE("many threads ask through one DEALER while a ROUTER answers from many")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(
            {.threads = threads,
             .sockets = socket_lines("dealer", "dealer") + socket_lines("router", "router", "send_hwm 0")});
        Socket dealer = kernel["dealer"];
        dealer.connect(kernel["router"].bind("ipc://*"));
        Threads workers;
        for (int i = 0; i < 4; ++i)
        {
            workers.start(
                [router = kernel["router"]]() mutable
                {
                    for (std::uint64_t n = 0; n < senders * each / 4; ++n)
                    {
                        must_send(router, must_receive(router));
                    }
                });
        }
        start_senders(workers, dealer);
        std::set<std::pair<std::uint64_t, std::uint64_t>> seen;
        for (std::uint64_t i = 0; i < senders * each; ++i)
        {
            CHECK(seen.insert(check(must_receive(dealer))).second);
        }
        workers.join();
    }
}

TEST_CASE("a stop that finds no run under way ends the next one, and no other")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel({.threads = threads, .sockets = socket_lines("pull", "pull")});
        kernel->stop();
        kernel->stop();
        kernel->run();
        const auto begin = std::chrono::steady_clock::now();
        kernel->run_for(std::chrono::milliseconds(20));
        CHECK(std::chrono::steady_clock::now() - begin >= std::chrono::milliseconds(20));
    }
}
