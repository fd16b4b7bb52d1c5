// A thousand clients whose server goes, and returns: all come back, spread out, and nothing is left of the
// connections that were.
#include "descriptors.hpp"
#include "test_kernel.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>
#include <unistd.h>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;

constexpr auto initial = 20ms;
constexpr rlim_t spare_descriptors = 200;

// The limit of this process, raised as far as it may be.
std::size_t descriptors_allowed()
{
    rlimit limits{};
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &limits) == 0);
    limits.rlim_cur = limits.rlim_max;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &limits) == 0);
    return limits.rlim_cur;
}

// Both ends of each connection are ours.
std::size_t crowd_size()
{
    return std::min<std::size_t>(1000, (descriptors_allowed() - spare_descriptors) / 2);
}

// What happened to the clients.
class Watch
{
public:
    explicit Watch(std::size_t clients) : clients_(clients)
    {}

    void note(const Event& event)
    {
        const std::lock_guard guard(mutex_);
        lost_ += event.kind == Event::Kind::disconnected ? 1U : 0U;
        if (event.kind == Event::Kind::retrying)
        {
            first_delays_.emplace(event.socket, event.delay);
        }
    }

    // Forgets what was.
    void begin()
    {
        const std::lock_guard guard(mutex_);
        lost_ = 0;
        first_delays_.clear();
    }

    bool all_lost() const
    {
        const std::lock_guard guard(mutex_);
        return lost_ == clients_ && first_delays_.size() == clients_;
    }

    // The first of each client since, in order.
    std::vector<std::chrono::nanoseconds> first_delays() const
    {
        const std::lock_guard guard(mutex_);
        std::vector<std::chrono::nanoseconds> delays;
        for (const auto& [client, delay] : first_delays_)
        {
            delays.push_back(delay);
        }
        std::sort(delays.begin(), delays.end());
        return delays;
    }

private:
    std::size_t clients_;
    mutable std::mutex mutex_;
    std::size_t lost_ = 0;
    std::map<std::string, std::chrono::nanoseconds, std::less<>> first_delays_;
};

std::unique_ptr<CheckedKernel> start(const Plan& plan)
{
    auto kernel = std::make_unique<CheckedKernel>(
        manifest_of(plan),
        KernelOptions{.log = [](LogLevel, std::string_view) {}, .on_event = plan.on_event});
    kernel->start();
    return kernel;
}

// Of delays that are drawn evenly from a range a tenth of it has a tenth; by chance a few more.
void check_spread(const std::vector<std::chrono::nanoseconds>& delays)
{
    const auto range = initial / 2;
    CHECK(delays.front() >= initial - initial / 4);
    CHECK(delays.back() <= initial + initial / 4);
    std::size_t most = 0;
    for (auto first = delays.begin(); first != delays.end(); ++first)
    {
        const auto last = std::lower_bound(first, delays.end(), *first + range / 10);
        most = std::max(most, static_cast<std::size_t>(last - first));
    }
    CHECK(most <= delays.size() / 4);
    const std::set<std::chrono::nanoseconds> distinct(delays.begin(), delays.end());
    CHECK(distinct.size() >= delays.size() * 9 / 10);
}

} // namespace

TEST_CASE("a thousand clients come back to a server that returns, spread out, and leave nothing open")
{
    const std::size_t count = crowd_size();
    REQUIRE(count >= 100);
    const std::string endpoint = "ipc://@spaceframe-crowd-" + std::to_string(::getpid());
    const Plan server_plan{.sockets = socket_lines("server", "pull", "bind " + endpoint)};
    std::string clients;
    for (std::size_t i = 0; i < count; ++i)
    {
        clients +=
            socket_lines("client" + std::to_string(i), "push", "connect " + endpoint + "\nreconnect own");
    }
    const std::size_t open = open_descriptors();
    {
        Watch watch(count);
        const auto client_kernel = start({.threads = 2,
                                          .sockets = clients,
                                          .more = "policies {\nown {\nrole reconnect\nuse exponential\n"
                                                  "initial 20ms\nmax 200ms\n}\n}\n",
                                          .on_event = [&](const Event& event)
                                          {
                                              watch.note(event);
                                          }});
        std::size_t open_before = 0;
        for (int life = 0; life < 3; ++life)
        {
            CAPTURE(life);
            {
                const auto server_kernel = start(server_plan);
                Socket server = server_kernel->socket("server");
                REQUIRE(server.wait_for_peers(count, 3 * limit));
                std::set<std::string> senders;
                for (Socket& client : client_kernel->sockets())
                {
                    REQUIRE(client.wait_for_peers(1, limit));
                    must_send(client, Message(client.name()));
                }
                for (std::size_t i = 0; i < count; ++i)
                {
                    senders.insert(text_of(must_receive(server)));
                }
                CHECK(senders.size() == count);
                CHECK((life == 0 || open_descriptors() == open_before));
                open_before = open_descriptors();
                watch.begin();
            }
            const auto deadline = std::chrono::steady_clock::now() + limit;
            while (!watch.all_lost() && std::chrono::steady_clock::now() < deadline)
            {
                client_kernel->run_for(1ms);
            }
            REQUIRE(watch.all_lost());
            check_spread(watch.first_delays());
        }
    }
    CHECK(open_descriptors() == open);
}
