#include "scenario.hpp"

#include "broker_process.hpp"
#include "crew.hpp"
#include "relay.hpp"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <memory>
#include <stdexcept>
#include <system_error>

namespace broker_demo
{
namespace
{

using Clock = std::chrono::steady_clock;
using std::chrono::seconds;

// How long a client waits for a reply before it asks again. Replies take milliseconds.
constexpr int request_timeout_ms = 300;
// A worker that stops reading is left alone until requests worth this many bytes got no reply: the budget,
// what a socket of the system holds and what libzmq reads ahead are together less, so a permit has to wait by
// then. Or until the others have given so many replies that it is clear that the load goes around it.
constexpr std::uint64_t stuck_bytes_wanted = 4 * 1024 * 1024;
constexpr std::uint64_t replies_around_wanted = 2000;
// The cut connection is refused this often before it heals, so that the reconnect policy has something to do.
constexpr unsigned refusals = 2;

void say(std::string_view line)
{
    fmt::print(stderr, "broker-demo: {}\n", line);
}

// A folder for sockets and summaries that goes when we go.
class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "spaceframe-demo-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
        {
            throw std::system_error(errno, std::system_category(), "cannot make a folder " + name);
        }
        path_ = name;
    }

    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const
    {
        return path_;
    }

private:
    std::filesystem::path path_;
};

struct Client
{
    bool through_second = false;
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t stuck_bytes = 0;
    bool done = false;
    nlohmann::json report;
    Crew::Member* member = nullptr;
};

struct Worker
{
    unsigned id = 0;
    bool ready = false;
    bool paused = false;
    Crew::Member* member = nullptr;
};

class Scenario
{
public:
    explicit Scenario(const Plan& plan) : plan_(plan), workers_(plan.workers), clients_(plan.clients)
    {}

    Findings run()
    {
        start_brokers();
        start_workers();
        start_clients();
        stall_a_worker();
        cut_the_second_broker();
        const auto all_done = [this]
        {
            return std::ranges::all_of(clients_,
                                       [](const Client& client)
                                       {
                                           return client.done;
                                       });
        };
        crew_.wait_until(all_done, seconds(120), "the last reply");
        findings_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
        stop();
        collect();
        return findings_;
    }

private:
    void start_brokers()
    {
        backend_ = "ipc://" + (folder_.path() / "workers.ipc").string();
        first_ = std::make_unique<BrokerProcess>(
            crew_, "broker", plan_.spaceframe, plan_.manifests / "broker.info", folder_.path(),
            sample::Child::Environment{{"BROKER_FRONTEND", "tcp://127.0.0.1:0"},
                                       {"BROKER_BACKEND", backend_},
                                       {"BROKER_BUDGET", plan_.budget}});
        frontends_[0] = first_->bound("frontend");
        relay_ = std::make_unique<Relay>(frontends_[0]);
        crew_.watch(relay_->events(),
                    [this]
                    {
                        relay_->acknowledge();
                    });
        second_ = std::make_unique<BrokerProcess>(
            crew_, "second-broker", plan_.spaceframe, plan_.manifests / "edge.info", folder_.path(),
            sample::Child::Environment{{"EDGE_FRONTEND", "tcp://127.0.0.1:0"},
                                       {"EDGE_UPSTREAM", relay_->endpoint()}});
        frontends_[1] = second_->bound("frontend");
        crew_.wait_until(
            [this]
            {
                return relay_->connections() == 1;
            },
            seconds(20), "the second broker to connect to the first");
        say(fmt::format("broker on {} and {}, second broker on {} connects to the first", frontends_[0],
                        backend_, frontends_[1]));
    }

    void start_worker(Worker& worker)
    {
        worker.ready = false;
        worker.paused = false;
        worker.member = &crew_.start(fmt::format("worker {}", worker.id),
                                     {plan_.programs / "broker-worker", "--obey", "--connect", backend_,
                                      "--id", fmt::format("{}", worker.id)},
                                     {},
                                     [&worker](std::string_view line)
                                     {
                                         worker.ready = worker.ready || line == "ready";
                                         worker.paused = worker.paused || line == "paused";
                                     });
    }

    void start_workers()
    {
        for (Worker& worker : workers_)
        {
            worker.id = static_cast<unsigned>(&worker - workers_.data()) + 1;
            start_worker(worker);
        }
        crew_.wait_until(
            [this]
            {
                return std::ranges::all_of(workers_, &Worker::ready);
            },
            seconds(20), "the workers to connect");
    }

    void start_clients()
    {
        start_ = Clock::now();
        for (std::size_t index = 0; index < clients_.size(); ++index)
        {
            Client& client = clients_[index];
            client.through_second = index >= clients_.size() / 2;
            client.requests =
                plan_.requests / clients_.size() + (index < plan_.requests % clients_.size() ? 1 : 0);
            client.member = &crew_.start(
                fmt::format("client {}", index + 1),
                {plan_.programs / "broker-client", "--connect", frontends_[client.through_second ? 1 : 0],
                 "--id", fmt::format("{}", index + 1), "--requests", fmt::format("{}", client.requests),
                 "--seed", fmt::format("{}", plan_.seed), "--timeout", fmt::format("{}", request_timeout_ms)},
                {},
                [&client](std::string_view line)
                {
                    read_client(client, line);
                });
        }
        say(fmt::format("{} clients ask {} times", clients_.size(), plan_.requests));
    }

    static void read_client(Client& client, std::string_view line)
    {
        const std::size_t space = line.find(' ');
        const std::string_view word = line.substr(0, space);
        const std::string rest(space == std::string_view::npos ? "" : line.substr(space + 1));
        if (word == "progress")
        {
            client.replies = std::stoull(rest);
        }
        else if (word == "timeout")
        {
            client.stuck_bytes += std::stoull(rest);
        }
        else if (word == "done")
        {
            client.report = nlohmann::json::parse(rest);
            client.replies = client.report.at("replies");
            client.done = true;
            client.member->may_end = true;
        }
        else
        {
            say(fmt::format("{}: {}", client.member->process->name(), line));
        }
    }

    std::uint64_t total(std::uint64_t Client::*field, bool second_only = false) const
    {
        std::uint64_t sum = 0;
        for (const Client& client : clients_)
        {
            sum += !second_only || client.through_second ? client.*field : 0;
        }
        return sum;
    }

    void stall_a_worker()
    {
        crew_.wait_until(
            [this]
            {
                return total(&Client::replies) * 10 >= plan_.requests * 3;
            },
            seconds(120), "a third of the replies");
        Worker& victim = workers_.front();
        victim.member->process->write_line("pause");
        crew_.wait_until(
            [&]
            {
                return victim.paused;
            },
            seconds(20), "the worker to pause");
        say(fmt::format("worker {} stops reading", victim.id));
        const std::uint64_t stuck = total(&Client::stuck_bytes);
        const std::uint64_t replies = total(&Client::replies);
        const auto long_enough = [&]
        {
            return total(&Client::stuck_bytes) >= stuck + stuck_bytes_wanted ||
                   total(&Client::replies) >= replies + replies_around_wanted;
        };
        crew_.wait_until(long_enough, seconds(60), "requests to get stuck at the worker that does not read");
        crew_.kill(*victim.member);
        say(fmt::format("worker {} is killed while requests wait, and started again", victim.id));
        start_worker(victim);
        crew_.wait_until(
            [&]
            {
                return victim.ready;
            },
            seconds(30), "the worker that was started again to connect");
    }

    void cut_the_second_broker()
    {
        crew_.wait_until(
            [this]
            {
                return total(&Client::replies, true) * 10 >= total(&Client::requests, true) * 6;
            },
            seconds(120), "replies through the second broker");
        const unsigned before = relay_->connections();
        const std::uint64_t replies_before = total(&Client::replies, true);
        relay_->cut(refusals);
        say("the connection between the brokers is cut");
        crew_.wait_until(
            [&]
            {
                return relay_->connections() > before;
            },
            seconds(30), "the second broker to connect again");
        crew_.wait_until(
            [&]
            {
                return total(&Client::replies, true) > replies_before + 50;
            },
            seconds(30), "replies through the second broker after it healed");
        say("the second broker has healed");
    }

    void stop()
    {
        for (Client& client : clients_)
        {
            crew_.wait_until(
                [&]
                {
                    return client.member->process->output() < 0;
                },
                seconds(20), "a client to end");
        }
        second_->stop();
        first_->stop();
        for (Worker& worker : workers_)
        {
            if (const int code = crew_.end_with_line(*worker.member, "stop"); code != 0)
            {
                throw std::runtime_error(fmt::format("worker {} ended with {}", worker.id, code));
            }
        }
    }

    void collect()
    {
        for (const Client& client : clients_)
        {
            findings_.requests += client.report.at("requests").get<std::uint64_t>();
            findings_.replies += client.report.at("replies").get<std::uint64_t>();
            findings_.wrong += client.report.at("wrong").get<std::uint64_t>();
            findings_.lost += client.report.at("lost").get<std::uint64_t>();
            findings_.timeouts += client.report.at("timeouts").get<std::uint64_t>();
            for (const auto& [worker, count] : client.report.at("workers").items())
            {
                findings_.shares[worker] += count.get<std::uint64_t>();
            }
        }
        findings_.permits_waited = first_->socket("backend").at("budget").at("waited");
        findings_.reconnects = second_->socket("upstream").at("ledger").at("reconnects");
        collect_struts();
    }

    // Asks the command line which plug-ins offer the roles that the two manifests use.
    void collect_struts()
    {
        std::string text;
        Crew::Member& member = crew_.start("spaceframe plugins", {plan_.spaceframe, "plugins", "--json"}, {},
                                           [&](std::string_view line)
                                           {
                                               text += std::string(line) + "\n";
                                           });
        member.may_end = true;
        crew_.wait_until(
            [&]
            {
                return member.process->output() < 0;
            },
            seconds(20), "the list of plug-ins");
        constexpr std::array used{"tcp", "ipc", "zmtp", "semaphore", "exponential"};
        for (const nlohmann::json& role : nlohmann::json::parse(text))
        {
            const std::string name = role.at("name");
            if (std::ranges::find(used, name) != used.end())
            {
                const nlohmann::json& file = role.at("file");
                findings_.struts.push_back({role.at("role"), name, role.at("version"),
                                            file.is_null() ? "built in" : file.get<std::string>()});
            }
        }
    }

    Plan plan_;
    Folder folder_;
    std::vector<Worker> workers_;
    std::vector<Client> clients_;
    std::string backend_;
    std::array<std::string, 2> frontends_;
    std::unique_ptr<Relay> relay_;
    std::unique_ptr<BrokerProcess> first_;
    std::unique_ptr<BrokerProcess> second_;
    Clock::time_point start_;
    Findings findings_;
    Crew crew_; // last: its processes end before what they use goes
};

} // namespace

Findings run_scenario(const Plan& plan)
{
    return Scenario(plan).run();
}

} // namespace broker_demo
