#pragma once

#include "task.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

namespace bench
{

// Processor time of this process, all its threads, since construction.
class CpuMeter
{
public:
    CpuMeter();
    double seconds() const;

private:
    double start_;
};

// Time and processor time of a receiver: `first` is called after its first message, `sample` after its last
// one.
class ReceiveMeter
{
public:
    void first();
    Sample sample(std::uint64_t messages) const;

private:
    std::chrono::steady_clock::time_point start_;
    CpuMeter cpu_;
};

// Makes the round trips of a task with `trip`, and times them.
Sample time_round_trips(const Task& task, const std::function<void()>& trip);

// The value below which the share `fraction` of the sorted values lies.
double percentile(const std::vector<double>& sorted, double fraction);

} // namespace bench
