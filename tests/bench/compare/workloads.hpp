#pragma once

#include "task.hpp"

#include <span>
#include <string>
#include <vector>

namespace bench
{

// One of the things that are measured side by side.
struct Contender
{
    std::string label;
    Task task;
};

// A ratio that is wanted of the subject's figure and another contender's.
struct Goal
{
    std::string against; // label of the other contender
    std::string figure;  // rate, p50, p99, cpu
    bool at_least;       // otherwise: at most
    double ratio;
};

struct Workload
{
    std::string name;
    std::string title;
    bool usual; // part of a run that names no workload
    std::vector<Contender> contenders;
    std::vector<Goal> goals;
    std::string subject = {}; // label of the contender whose goals these are: the first one
};

// All that can be measured, in the order of the goals' table.
std::vector<Workload> workloads();

} // namespace bench
