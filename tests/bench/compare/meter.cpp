#include "meter.hpp"

#include <algorithm>
#include <cmath>
#include <thread>

#include <sys/resource.h>

namespace bench
{
namespace
{

double cpu_now()
{
    rusage usage{};
    ::getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time)
    {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
    };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace

CpuMeter::CpuMeter() : start_(cpu_now())
{}

double CpuMeter::seconds() const
{
    return cpu_now() - start_;
}

void ReceiveMeter::first()
{
    start_ = std::chrono::steady_clock::now();
    cpu_ = CpuMeter();
}

Sample ReceiveMeter::sample(std::uint64_t messages) const
{
    Sample sample;
    sample.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
    sample.cpu_seconds = cpu_.seconds();
    sample.messages = messages;
    return sample;
}

Sample time_round_trips(const Task& task, const std::function<void()>& trip)
{
    using Clock = std::chrono::steady_clock;
    const std::chrono::microseconds pause(task.pause_us);
    for (std::uint64_t index = 0; index < task.warm_up; ++index)
    {
        trip();
    }
    std::vector<double> times;
    times.reserve(task.count);
    const CpuMeter cpu;
    const auto start = Clock::now();
    for (std::uint64_t index = 0; index < task.count; ++index)
    {
        if (pause.count() > 0)
        {
            std::this_thread::sleep_for(pause);
        }
        const auto before = Clock::now();
        trip();
        times.push_back(std::chrono::duration<double, std::micro>(Clock::now() - before).count());
    }
    Sample sample;
    sample.seconds = std::chrono::duration<double>(Clock::now() - start).count();
    sample.cpu_seconds = cpu.seconds();
    sample.messages = task.count;
    std::ranges::sort(times);
    sample.p50_us = percentile(times, 0.50);
    sample.p95_us = percentile(times, 0.95);
    sample.p99_us = percentile(times, 0.99);
    return sample;
}

double percentile(const std::vector<double>& sorted, double fraction)
{
    if (sorted.empty())
    {
        return 0;
    }
    const auto rank = static_cast<std::size_t>(std::ceil(fraction * static_cast<double>(sorted.size())));
    return sorted[std::clamp<std::size_t>(rank, 1, sorted.size()) - 1];
}

} // namespace bench
