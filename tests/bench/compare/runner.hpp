#pragma once

#include "workloads.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace bench
{

// Smallest, middle and largest of the rounds.
struct Spread
{
    double median = 0;
    double minimum = 0;
    double maximum = 0;
};

Spread spread_of(std::vector<double> values);

// What the rounds of one contender came to.
struct Figures
{
    std::string label;
    std::uint64_t count = 0; // messages or round trips of a round
    Spread rate;             // messages a second
    Spread bandwidth;        // bytes of payload a second
    Spread cpu;              // processor seconds of both processes for a million messages
    Spread p50;              // microseconds; round trips only
    Spread p95;
    Spread p99;

    // "rate", "cpu", "p50", "p99".
    const Spread& figure(const std::string& name) const;
};

struct Effort
{
    unsigned rounds = 5;
    std::uint64_t least_messages = 1'000'000; // of a pipeline of small messages
    double seconds = 0.5;                     // that a pipeline shall take at least
    double raw_seconds = 1.0;                 // the same for the raw socket
    double large_seconds = 2.0;               // the same for messages of 4 KiB and more
    double trips = 1.0;                       // share of a workload's round trips that is made
};

// Runs the two processes of each measurement.
class Runner
{
public:
    // `program`: the path of this program, which is started again for each process.
    Runner(std::filesystem::path program, Effort effort);

    // Measures the contenders in turn, round by round. Throws std::exception when a process fails.
    std::vector<Figures> run(const Workload& workload);

private:
    struct Result
    {
        Sample near; // receiver, or asker
        Sample far;
    };

    Result measure(const Task& task);
    std::uint64_t fitting_count(const Task& task);

    std::filesystem::path program_;
    Effort effort_;
};

// The body of a child process: one of "pull", "push", "reply", "request". Prints "endpoint …" and "sample …"
// lines. Returns an exit code.
int run_part(const std::string& part, const std::string& task, const std::string& endpoint);

} // namespace bench
