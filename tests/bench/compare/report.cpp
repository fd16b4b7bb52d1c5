#include "report.hpp"

#include <fmt/core.h>

#include <algorithm>

namespace bench
{
namespace
{

struct Ratio
{
    Goal goal;
    std::string of;
    double value = 0;
    bool met = false;
};

std::vector<Ratio> ratios(const Workload& workload, const std::vector<Figures>& figures)
{
    std::vector<Ratio> list;
    const auto find = [&](const std::string& label)
    {
        return std::ranges::find(figures, label, &Figures::label);
    };
    const auto subject = find(workload.subject);
    for (const Goal& goal : workload.goals)
    {
        const auto other = find(goal.against);
        if (goal.ratio > 0 && subject != figures.end() && other != figures.end())
        {
            const double value = subject->figure(goal.figure).median / other->figure(goal.figure).median;
            list.push_back(
                {goal, subject->label, value, goal.at_least ? value >= goal.ratio : value <= goal.ratio});
        }
    }
    return list;
}

std::string amount(double value)
{
    return value >= 1e6   ? fmt::format("{:.2f} M", value / 1e6)
           : value >= 1e3 ? fmt::format("{:.1f} k", value / 1e3)
                          : fmt::format("{:.0f}", value);
}

std::string pipeline_row(const Figures& row)
{
    return fmt::format(
        "  {:<11} {:>10} msg/s  [{:>9} … {:>9}]  {:>7.0f} MB/s  {:>8.3f} CPU s/M  ({} messages)\n", row.label,
        amount(row.rate.median), amount(row.rate.minimum), amount(row.rate.maximum),
        row.bandwidth.median / 1e6, row.cpu.median, row.count);
}

std::string round_trip_row(const Figures& row)
{
    return fmt::format(
        "  {:<11} p50 {:>7.1f} µs  [{:>6.1f} … {:>6.1f}]  p95 {:>7.1f}  p99 {:>7.1f} µs  {:>8.3f} CPU "
        "s/M  ({} round trips)\n",
        row.label, row.p50.median, row.p50.minimum, row.p50.maximum, row.p95.median, row.p99.median,
        row.cpu.median, row.count);
}

nlohmann::json spread(const Spread& value)
{
    return {{"median", value.median}, {"minimum", value.minimum}, {"maximum", value.maximum}};
}

} // namespace

std::string table(const Workload& workload, const std::vector<Figures>& figures)
{
    const bool pipeline = workload.contenders.front().task.shape == "pipeline";
    std::string text = fmt::format("\n{} ({})\n", workload.title, workload.name);
    for (const Figures& row : figures)
    {
        text += pipeline ? pipeline_row(row) : round_trip_row(row);
    }
    for (const Ratio& ratio : ratios(workload, figures))
    {
        text += fmt::format("  {} / {}: {:.2f}× {}, goal {} {}×{}\n", ratio.of, ratio.goal.against,
                            ratio.value, ratio.goal.figure, ratio.goal.at_least ? "≥" : "≤", ratio.goal.ratio,
                            ratio.met ? "" : "  (not met)");
    }
    return text;
}

nlohmann::json json(const Workload& workload, const std::vector<Figures>& figures)
{
    nlohmann::json sides = nlohmann::json::array();
    for (const Figures& row : figures)
    {
        sides.push_back({{"side", row.label},
                         {"count", row.count},
                         {"messages_per_second", spread(row.rate)},
                         {"bytes_per_second", spread(row.bandwidth)},
                         {"cpu_seconds_per_million", spread(row.cpu)},
                         {"p50_us", spread(row.p50)},
                         {"p95_us", spread(row.p95)},
                         {"p99_us", spread(row.p99)}});
    }
    nlohmann::json list = nlohmann::json::array();
    for (const Ratio& ratio : ratios(workload, figures))
    {
        list.push_back({{"of", ratio.of},
                        {"against", ratio.goal.against},
                        {"figure", ratio.goal.figure},
                        {"value", ratio.value},
                        {"goal", ratio.goal.ratio},
                        {"at_least", ratio.goal.at_least},
                        {"met", ratio.met}});
    }
    return {{"workload", workload.name}, {"title", workload.title}, {"sides", sides}, {"ratios", list}};
}

} // namespace bench
