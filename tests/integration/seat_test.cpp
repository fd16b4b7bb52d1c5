// Many threads call sockets of a kernel without threads at once, and share the driver's seat.
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <barrier>
#include <ctime>
#include <string>

#include <sys/resource.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr std::size_t callers = 8;

std::string sockets(std::string_view pattern)
{
    std::string text;
    for (std::size_t i = 0; i < callers; ++i)
    {
        text += socket_lines("s" + std::to_string(i), pattern);
    }
    return text;
}

struct Cost
{
    std::chrono::nanoseconds processor{0};
    long sleeps = 0;
};

// What this thread has cost so far: time of the processor, and how often it went to sleep.
Cost cost()
{
    timespec time{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    rusage usage{};
    getrusage(RUSAGE_THREAD, &usage);
    return {std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec), usage.ru_nvcsw};
}

// Answers until its kernel is closed.
void serve(Socket replier)
{
    error_code error;
    for (Message message; replier.receive(message, limit, error);)
    {
        replier.send(std::move(message), limit, error);
    }
    REQUIRE(error == errc::terminated);
}

} // namespace

TEST_CASE(
    "eight threads that ask at once share the seat: each gets its answers, and none waits for all the others")
{
    constexpr int rounds = 400;
    TestKernel server({.threads = 1, .sockets = socket_lines("rep", "rep")});
    const std::string endpoint = server["rep"].bind("tcp://127.0.0.1:*");
    Threads servers;
    servers.start(
        [&]
        {
            serve(server["rep"]);
        });
    {
        TestKernel kernel({.threads = 0, .sockets = sockets("req")});
        for (std::size_t i = 0; i < callers; ++i)
        {
            Socket socket = kernel["s" + std::to_string(i)];
            socket.connect(endpoint);
            REQUIRE(socket.wait_for_peers(1, limit));
        }
        std::array<std::atomic<int>, callers> done{};
        std::atomic<std::size_t> ready{0};
        std::atomic<int> least{rounds};
        std::barrier begin(callers);
        Threads threads;
        for (std::size_t i = 0; i < callers; ++i)
        {
            threads.start(
                [&, i, socket = kernel["s" + std::to_string(i)]]() mutable
                {
                    begin.arrive_and_wait();
                    for (int round = 0; round < rounds; ++round)
                    {
                        const std::string text = std::to_string(i) + " " + std::to_string(round);
                        must_send(socket, Message(text));
                        REQUIRE(text_of(must_receive(socket)) == text);
                        ++done.at(i);
                    }
                    if (++ready == callers - 1)
                    {
                        least = std::min_element(done.begin(), done.end())->load();
                    }
                });
        }
        threads.join();
        CHECK(least > 0);
    }
    server->close(0s);
    servers.join();
}

TEST_CASE("eight threads that wait for nothing sleep, whoever has the seat")
{
    TestKernel kernel({.threads = 0, .sockets = sockets("pull")});
    std::array<Cost, callers> costs;
    Threads threads;
    for (std::size_t i = 0; i < callers; ++i)
    {
        threads.start(
            [&costs, i, socket = kernel["s" + std::to_string(i)]]() mutable
            {
                const Cost before = cost();
                Message message;
                error_code error;
                socket.receive(message, 300ms, error);
                REQUIRE(error == errc::timed_out);
                const Cost after = cost();
                costs.at(i) = {after.processor - before.processor, after.sleeps - before.sleeps};
            });
    }
    threads.join();
    for (const Cost& each : costs)
    {
        // One sleep is the wait itself; more when others end their wait, or take the seat.
        CHECK(each.sleeps >= 1);
        CHECK(each.sleeps <= 60);
        CHECK(each.processor < 20ms);
    }
}
