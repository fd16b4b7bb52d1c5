// Reconnect policies at work in a kernel.
#include "names.hpp"
#include "test_kernel.hpp"

#include <boost/system/system_error.hpp>
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
using Delays = std::vector<std::chrono::nanoseconds>;

constexpr std::array<unsigned, 2> all_threads{0, 1};

// A name that nobody else has.
std::string unused_endpoint()
{
    static std::atomic<int> next = 0;
    return "ipc://@spaceframe-reconnect-" + std::to_string(::getpid()) + "-" + std::to_string(next++);
}

// A kernel with one socket that connects by a policy of its own.
Plan connecting(unsigned threads, const std::string& endpoint, const std::string& policy)
{
    return {.threads = threads,
            .sockets = socket_lines("out", "push", "connect " + endpoint + "\nreconnect own"),
            .more = "policies\n{\nown\n{\nrole reconnect\n" + policy + "\n}\n}"};
}

Plan listening(const std::string& endpoint, const std::string& pattern)
{
    return {.sockets = socket_lines("in", pattern, "bind " + endpoint)};
}

Delays delays_of(const Happenings& happenings)
{
    Delays delays;
    for (const Happening& happening : happenings)
    {
        if (happening.kind == Event::Kind::retrying)
        {
            delays.push_back(happening.delay);
        }
    }
    return delays;
}

Happenings failures(const TestKernel& kernel)
{
    Happenings failed = kernel.happenings();
    std::erase_if(failed,
                  [](const Happening& happening)
                  {
                      return happening.kind != Event::Kind::failed;
                  });
    return failed;
}

} // namespace

TEST_CASE("a breaker opens after so many failures, probes, and gives up after so many probes")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(connecting(threads, unused_endpoint(),
                                     "use breaker\nfailures 3\nopen_for 20ms\ngive_up_after 2\ninitial 1ms\n"
                                     "jitter 0%"));
        kernel.await(Event::Kind::stopped);
        CHECK(delays_of(kernel.happenings()) == Delays{1ms, 2ms, 20ms, 20ms});
        CHECK(kernel.count(Event::Kind::failed) == 5);
    }
}

TEST_CASE("a breaker that a handshake closed starts over when the connection is lost")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string endpoint = unused_endpoint();
        TestKernel kernel(
            connecting(threads, endpoint, "use breaker\nfailures 2\nopen_for 5ms\ninitial 1ms\njitter 0%"));
        kernel.await(Event::Kind::retrying, 4);
        CHECK(delays_of(kernel.happenings())[0] == 1ms);
        CHECK(delays_of(kernel.happenings())[1] == 5ms);
        CHECK(delays_of(kernel.happenings())[2] == 5ms);
        {
            const TestKernel server(listening(endpoint, "pull"));
            kernel.await(Event::Kind::ready);
        }
        const auto after_ready = [](const Happenings& happenings)
        {
            const auto ready = std::find_if(happenings.begin(), happenings.end(),
                                            [](const Happening& happening)
                                            {
                                                return happening.kind == Event::Kind::ready;
                                            });
            return delays_of({ready, happenings.end()});
        };
        kernel.await(
            [&](const Happenings& happenings)
            {
                return after_ready(happenings).size() >= 2;
            },
            "it dials again");
        CHECK(after_ready(kernel.happenings())[0] == 1ms);
        CHECK(after_ready(kernel.happenings())[1] == 5ms);
    }
}

TEST_CASE("a breaker opens at once when the peer is of the class that was named")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        const std::string endpoint = unused_endpoint();
        const TestKernel server(listening(endpoint, "pub"));
        TestKernel kernel(connecting(
            threads, endpoint, "use breaker\nfailures 100\nopen_on rejected\nopen_for 24h\ninitial 1ms"));
        kernel.await(Event::Kind::retrying);
        const Delays delays = delays_of(kernel.happenings());
        REQUIRE(delays.size() == 1);
        CHECK(delays[0] >= 24h);
    }
}

TEST_CASE("decorrelated delays come from their range, and a range that is none is an error that says where")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        TestKernel kernel(connecting(threads, unused_endpoint(), "use decorrelated\ninitial 1ms\nmax 4ms"));
        kernel.await(Event::Kind::retrying, 10);
        for (const auto delay : delays_of(kernel.happenings()))
        {
            CHECK(delay >= 1ms);
            CHECK(delay <= 4ms);
        }
        const auto start = [&]
        {
            const TestKernel wrong(
                connecting(threads, unused_endpoint(), "use decorrelated\ninitial 2ms\nmax 1ms"));
        };
        CHECK_THROWS_WITH_AS(start(), doctest::Contains("reconnect decorrelated: max is less than initial"),
                             boost::system::system_error);
    }
}

TEST_CASE("a host name is looked up for each attempt, and each of its addresses is tried")
{
    for (const unsigned threads : all_threads)
    {
        CAPTURE(threads);
        std::optional<TestKernel> server(listening("tcp://127.0.0.1:*", "pull"));
        const std::string endpoint = (*server)["in"].last_endpoint();
        const std::string port = endpoint.substr(endpoint.rfind(':'));
        Names names({{}, {"127.0.0.2"}, {"127.0.0.2", "127.0.0.3", "127.0.0.1"}, {"127.0.0.4"}});
        TestKernel kernel(connecting(threads, "tcp://" + Names::node + port, "use fixed\ninterval 1ms"));

        kernel.await(Event::Kind::ready);
        CHECK(names.asked() == 3);
        const Happenings failed = failures(kernel);
        REQUIRE(failed.size() == 2);
        CHECK(failed[0].reason.find("the name leads to no address") != std::string::npos);
        CHECK(failed[1].reason.find("127.0.0.2" + port + ": Connection refused") != std::string::npos);

        server.reset();
        kernel.await(Event::Kind::failed, 4);
        CHECK(names.asked() >= 5);
        CHECK(failures(kernel).back().reason.find("127.0.0.4" + port) != std::string::npos);
    }
}
