// Runs the broker sample with clients and workers that use libzmq, makes trouble, and shows what came of it.

#include "report.hpp"
#include "scenario.hpp"

#include <CLI/CLI.hpp>
#include <fmt/core.h>

#include <filesystem>
#include <fstream>
#include <random>

int main(int argc, char** argv)
{
    broker_demo::Plan plan;
    plan.seed = std::random_device{}();
    plan.programs = std::filesystem::read_symlink("/proc/self/exe").parent_path();
    plan.spaceframe = plan.programs / "spaceframe";
    plan.manifests = BROKER_SAMPLE_MANIFESTS;
    std::string json_file;

    CLI::App app("Spaceframe's broker between clients and workers of libzmq, with trouble on the way");
    app.add_option("--requests", plan.requests, "Requests in all")->check(CLI::Range(400, 100'000'000));
    app.add_option("--clients", plan.clients, "Client processes; half of them use the second broker")
        ->check(CLI::Range(2, 64));
    app.add_option("--workers", plan.workers, "Worker processes")->check(CLI::Range(2, 64));
    app.add_option("--seed", plan.seed, "Seed of the random bodies");
    app.add_option("--budget", plan.budget,
                   "What the broker may hold for its workers, as a manifest writes it");
    app.add_option("--spaceframe", plan.spaceframe, "The spaceframe program");
    app.add_option("--manifests", plan.manifests, "Folder of broker.info and edge.info");
    app.add_option("--json", json_file, "Also write the result to this file");
    CLI11_PARSE(app, argc, argv);

    try
    {
        fmt::print(stderr, "broker-demo: seed {}\n", plan.seed);
        const broker_demo::Findings findings = broker_demo::run_scenario(plan);
        fmt::print("{}", broker_demo::table(findings));
        if (!json_file.empty())
        {
            std::ofstream(json_file) << broker_demo::json(findings) << '\n';
        }
        return findings.good() ? 0 : 1;
    }
    catch (const std::exception& error)
    {
        fmt::print(stderr, "broker-demo: {}\n", error.what());
        return 1;
    }
}
