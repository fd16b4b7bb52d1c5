#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace broker_demo
{

struct Plan
{
    std::uint64_t requests = 20000; // over all clients
    unsigned clients = 4;           // the second half of them talks through the second broker
    unsigned workers = 3;
    std::uint64_t seed = 1;
    std::string budget = "1MiB";      // of requests that the first broker may hold for its workers
    std::filesystem::path programs;   // folder of broker-client and broker-worker
    std::filesystem::path spaceframe; // the command line
    std::filesystem::path manifests;  // folder of broker.info and edge.info
};

// A plug-in's role that the two brokers used.
struct Strut
{
    std::string role;
    std::string name;
    std::string version;
    std::string file;
};

struct Findings
{
    std::uint64_t requests = 0;
    std::uint64_t replies = 0;
    std::uint64_t wrong = 0;
    std::uint64_t lost = 0;
    std::uint64_t timeouts = 0;                  // requests asked again because no reply came in time
    std::map<std::string, std::uint64_t> shares; // replies by worker
    double seconds = 0;                          // from the first request to the last reply
    std::uint64_t permits_waited = 0;
    std::uint64_t reconnects = 0;
    std::vector<Strut> struts;

    // Every request has its one right reply, and both troubles really happened.
    bool good() const
    {
        return replies == requests && wrong == 0 && lost == 0 && permits_waited > 0 && reconnects > 0;
    }
};

// Runs the whole demonstration and reports its steps on standard error. Throws std::exception when a process
// misbehaves or a wait is in vain; all processes are stopped and all files removed either way.
Findings run_scenario(const Plan& plan);

} // namespace broker_demo
