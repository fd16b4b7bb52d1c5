// The interop matrix: every pair of patterns that the table allows, in every way, and every pair that it does
// not allow. Each pair is a case; the build lists the cases and registers them as tests, as it does with
// those of doctest.
#include "cell.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <functional>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace
{

using namespace interop;
using spaceframe::pattern::Row;

struct Run
{
    std::uint64_t seed = std::random_device{}();
    PeerProcess::Program program{INTEROP_PEER};
    bool tcp_only = false;
    bool without_empty = false;
    std::vector<std::string> missing; // patterns that the other library does not have
    bool failed = false;

    bool is_missing(const Row& theirs) const
    {
        return std::ranges::find(missing, theirs.name) != missing.end();
    }
};

struct Case
{
    std::string name;
    std::function<std::string(Run& run)> row; // of the printed matrix
};

constexpr std::array columns{Way{.tcp = true, .we_bind = true}, Way{.tcp = true, .we_bind = false},
                             Way{.tcp = false, .we_bind = true}, Way{.tcp = false, .we_bind = false}};

constexpr const char* head = "| we | they | tcp, we bind | tcp, they bind | ipc, we bind | ipc, they bind |\n"
                             "|---|---|---|---|---|---|\n";

constexpr const char* refusals_head =
    "| we | and they | refused, we bind | refused, they bind |\n|---|---|---|---|\n";

void report(Run& run, const std::string& what, const std::exception& error)
{
    run.failed = true;
    std::fprintf(stderr, "problem: %s, seed %llu: %s\n", what.c_str(),
                 static_cast<unsigned long long>(run.seed), error.what());
}

// Messages of one frame + multipart messages. Where one kind has a thread of ours, the other is driven by its
// caller, and over ipc the other way round.
std::string cell(const Row& ours, const Row& theirs, const Way& column, Run& run)
{
    std::string text;
    for (const Parts parts : {Parts::one, Parts::many})
    {
        Way way = column;
        way.parts = parts;
        way.without_empty = run.without_empty;
        way.threads = (parts == Parts::one) == way.tcp ? 0 : 1;
        text += text.empty() ? "" : " + ";
        try
        {
            text += std::to_string(
                exchange(ours.name, theirs.name, plan(ours, theirs), way, run.seed, run.program));
        }
        catch (const std::exception& error)
        {
            text += "FAILED";
            report(run,
                   "our " + std::string(ours.name) + " and their " + std::string(theirs.name) +
                       (way.tcp ? ", tcp" : ", ipc") + (way.we_bind ? ", we bind" : ", they bind") +
                       (parts == Parts::one ? ", one frame" : ", multipart"),
                   error);
        }
    }
    return text;
}

std::string pair_row(const Row& ours, const Row& theirs, Run& run)
{
    std::string text = "| " + std::string(ours.name) + " | " + std::string(theirs.name) + " |";
    for (const Way& column : columns)
    {
        const bool left_out = run.is_missing(theirs) || (run.tcp_only && !column.tcp);
        text += " " + (left_out ? "not run" : cell(ours, theirs, column, run)) + " |";
    }
    return text;
}

std::vector<const Row*> misfits(const Row& ours, const Run& run)
{
    std::vector<const Row*> rows;
    for (const Row& theirs : spaceframe::pattern::patterns())
    {
        if (!spaceframe::pattern::may_talk(ours, theirs.wire_name) && !run.is_missing(theirs))
        {
            rows.push_back(&theirs);
        }
    }
    return rows;
}

// How many were refused, and by whom.
std::string refusals_cell(const Row& ours, bool we_bind, Run& run)
{
    std::size_t by_us = 0;
    std::size_t by_them = 0;
    std::size_t failed = 0;
    for (const Row* const theirs : misfits(ours, run))
    {
        try
        {
            const RefusedBy side = refuse(ours.name, theirs->name, we_bind, run.program);
            ++(side == RefusedBy::us ? by_us : by_them);
        }
        catch (const std::exception& error)
        {
            ++failed;
            report(run,
                   "our " + std::string(ours.name) + " and their " + std::string(theirs->name) +
                       (we_bind ? ", we bind" : ", they bind"),
                   error);
        }
    }
    std::string text;
    for (const auto& [count, whom] : {std::pair{by_us, " by us"}, {by_them, " by them"}, {failed, " FAILED"}})
    {
        if (count > 0)
        {
            text += (text.empty() ? "" : ", ") + std::to_string(count) + whom;
        }
    }
    return text;
}

std::string refusals_row(const Row& ours, Run& run)
{
    std::string text = "| " + std::string(ours.name) + " |";
    for (const Row* const theirs : misfits(ours, run))
    {
        text += " " + std::string(theirs->name);
    }
    return text + " | " + refusals_cell(ours, true, run) + " | " + refusals_cell(ours, false, run) + " |";
}

std::vector<Case> pair_cases()
{
    std::vector<Case> cases;
    for (const Row& ours : spaceframe::pattern::patterns())
    {
        for (const Row& theirs : spaceframe::pattern::patterns())
        {
            if (spaceframe::pattern::may_talk(ours, theirs.wire_name))
            {
                cases.push_back({"our " + std::string(ours.name) + " and their " + std::string(theirs.name),
                                 [&ours, &theirs](Run& run)
                                 {
                                     return pair_row(ours, theirs, run);
                                 }});
            }
        }
    }
    return cases;
}

std::vector<Case> refusal_cases()
{
    std::vector<Case> cases;
    for (const Row& ours : spaceframe::pattern::patterns())
    {
        cases.push_back({"our " + std::string(ours.name) + " refuses what its row does not name",
                         [&ours](Run& run)
                         {
                             return refusals_row(ours, run);
                         }});
    }
    return cases;
}

// Those of that name, or all.
void run_cases(const std::vector<Case>& cases, const std::string& name, const char* table_head, Run& run,
               std::size_t& count)
{
    for (const Case& each : cases)
    {
        if (!name.empty() && each.name != name)
        {
            continue;
        }
        if (name.empty() && &each == &cases.front())
        {
            std::fputs(table_head, stdout);
        }
        std::puts(each.row(run).c_str());
        std::fflush(stdout);
        ++count;
    }
}

} // namespace

int main(int argc, char** argv)
{
    Run run;
    bool list = false;
    bool plain = true;
    std::string name;
    CLI::App app("Prints the interop matrix of our patterns and those of another library. A cell has the "
                 "number of messages of one frame, and of multipart messages, that were exchanged and "
                 "checked.");
    app.add_option("--peer", run.program,
                   "Program, and its first arguments, that plays the other side as interop-peer does");
    app.add_flag("--tcp-only", run.tcp_only, "Leaves ipc out");
    app.add_option("--missing", run.missing,
                   "Leaves out this pattern, which the other library does not have");
    app.add_flag("--without-empty", run.without_empty, "No frame of the contents is empty");
    app.add_option("--test-case", name, "Only this row");
    app.add_flag("--list-test-cases", list, "Lists the rows");
    app.add_flag("--no-colors{true}", plain, "The output never has colours");
    app.add_option("--seed", run.seed, "Seed of the contents");
    CLI11_PARSE(app, argc, argv);
    try
    {
        if (list)
        {
            for (const auto& cases : {pair_cases(), refusal_cases()})
            {
                for (const Case& each : cases)
                {
                    std::puts(each.name.c_str());
                }
            }
            return 0;
        }
        std::size_t count = 0;
        if (name.empty())
        {
            std::printf("The other side is %s.\n\n", PeerProcess::version(run.program).c_str());
        }
        run_cases(pair_cases(), name, head, run, count);
        if (name.empty())
        {
            std::puts("");
        }
        run_cases(refusal_cases(), name, refusals_head, run, count);
        if (count == 0)
        {
            std::fprintf(stderr, "problem: there is no row '%s'\n", name.c_str());
        }
        return run.failed || count == 0 ? 1 : 0;
    }
    catch (const std::exception& error)
    {
        std::fprintf(stderr, "problem: %s\n", error.what());
        return 1;
    }
}
