// bench-compare: the same work by Spaceframe, by libzmq and by a plain socket, in turn, in one run.

#include "report.hpp"
#include "runner.hpp"
#include "side.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <optional>
#include <stdexcept>

namespace
{

using namespace bench;

struct Request
{
    std::vector<std::string> names;
    std::vector<std::string> sides;
    bool all = false;
    bool list = false;
    bool quick = false;
    bool smoke = false;
    std::optional<unsigned> rounds;
    std::optional<std::size_t> size;
    std::optional<std::size_t> frames;
    std::optional<std::string> transport;
    std::string json_file;
};

Effort effort_of(const Request& request)
{
    Effort effort;
    if (request.quick)
    {
        effort = {3, 200'000, 0.1, 0.2, 0.3, 0.25};
    }
    if (request.smoke)
    {
        effort = {1, 2'000, 0, 0, 0, 0.005};
    }
    effort.rounds = request.rounds.value_or(effort.rounds);
    return effort;
}

bool wanted(const Request& request, const std::string& side)
{
    return request.sides.empty() || std::ranges::find(request.sides, side) != request.sides.end();
}

// The workloads that were asked for, with the overrides.
std::vector<Workload> chosen(const Request& request)
{
    std::vector<Workload> result;
    for (Workload& workload : workloads())
    {
        const bool named = std::ranges::find(request.names, workload.name) != request.names.end();
        const bool everything = request.all || request.smoke;
        if (!named && !(request.names.empty() && (everything || workload.usual)))
        {
            continue;
        }
        for (Contender& contender : workload.contenders)
        {
            contender.task.size = request.size.value_or(contender.task.size);
            contender.task.frames = request.frames.value_or(contender.task.frames);
            contender.task.transport = request.transport.value_or(contender.task.transport);
        }
        std::erase_if(workload.contenders,
                      [&](const Contender& contender)
                      {
                          return !wanted(request, contender.task.side);
                      });
        if (!workload.contenders.empty())
        {
            result.push_back(std::move(workload));
        }
    }
    return result;
}

void check_names(const Request& request)
{
    const std::vector<Workload> known = workloads();
    for (const std::string& name : request.names)
    {
        if (std::ranges::find(known, name, &Workload::name) == known.end())
        {
            throw std::invalid_argument("there is no workload '" + name + "'; --list shows what there is");
        }
    }
}

int run(const Request& request)
{
    check_names(request);
    if (request.list)
    {
        for (const Workload& workload : workloads())
        {
            fmt::print("{:<28} {}{}\n", workload.name, workload.title, workload.usual ? " *" : "");
        }
        return 0;
    }
    Runner runner(std::filesystem::read_symlink("/proc/self/exe"), effort_of(request));
    nlohmann::json report = nlohmann::json::array();
    for (const Workload& workload : chosen(request))
    {
        const std::vector<Figures> figures = runner.run(workload);
        fmt::print("{}", table(workload, figures));
        std::fflush(stdout);
        report.push_back(json(workload, figures));
    }
    if (!request.json_file.empty())
    {
        std::ofstream file(request.json_file);
        file << report.dump(2) << '\n';
        if (!file.flush())
        {
            throw std::runtime_error("cannot write " + request.json_file);
        }
    }
    return 0;
}

} // namespace

int main(int argc, char** argv)
{
    Request request;
    std::string part;
    std::string task;
    std::string endpoint;

    CLI::App app("Spaceframe beside libzmq and the raw socket: sender and receiver are processes of their "
                 "own, the sides take turns, medians are "
                 "quoted with minimum and maximum");
    app.add_option("--workload,-w", request.names, "What to measure; the usual ones without this");
    app.add_flag("--all", request.all, "Measure every workload");
    app.add_flag("--list", request.list, "List the workloads; * marks the usual ones");
    app.add_option("--side", request.sides, "Only these sides: raw, libzmq, spaceframe")
        ->check(CLI::IsMember({"raw", "libzmq", "spaceframe"}));
    app.add_option("--rounds", request.rounds, "Rounds of each side (5)")->check(CLI::Range(1, 1000));
    app.add_option("--size", request.size, "Bytes of a frame, instead of the workload's")
        ->transform(CLI::AsSizeValue(false))
        ->check(CLI::Range(1, 1 << 30));
    app.add_option("--frames", request.frames, "Frames of a message, instead of the workload's")
        ->check(CLI::Range(1, 1000));
    app.add_option("--transport", request.transport, "Transport instead of the workload's")
        ->check(CLI::IsMember({"tcp", "ipc"}));
    app.add_flag("--quick", request.quick, "Shorter and fewer rounds: for a look, not for quoting");
    app.add_flag("--smoke", request.smoke, "Only see that everything runs");
    app.add_option("--json", request.json_file, "Also write the results to this file");
    CLI::App* const child = app.add_subcommand("part", "One process of a measurement")->group("");
    child->add_option("name", part)->required()->check(CLI::IsMember({"pull", "push", "reply", "request"}));
    child->add_option("task", task)->required();
    child->add_option("endpoint", endpoint);
    CLI11_PARSE(app, argc, argv);

    if (child->parsed())
    {
        return bench::run_part(part, task, endpoint);
    }
    try
    {
        return run(request);
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "bench-compare: {}\n", error.what());
        return 1;
    }
}
