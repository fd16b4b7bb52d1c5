#include "report.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace broker_demo
{
namespace
{

std::string row(std::string_view what, std::string_view value)
{
    return fmt::format("  {:<24} {}\n", what, value);
}

double rate(const Findings& findings)
{
    return findings.seconds > 0 ? static_cast<double>(findings.replies) / findings.seconds : 0;
}

} // namespace

std::string table(const Findings& findings)
{
    std::string text = "\n";
    text += row("requests", fmt::format("{}", findings.requests));
    text += row("replies", fmt::format("{}", findings.replies));
    text += row("wrong replies", fmt::format("{}", findings.wrong));
    text += row("lost", fmt::format("{}", findings.lost));
    text += row("asked again", fmt::format("{}", findings.timeouts));
    for (const auto& [worker, count] : findings.shares)
    {
        const double share = 100.0 * static_cast<double>(count) / static_cast<double>(findings.replies);
        text += row("share of worker " + worker, fmt::format("{} ({:.1f} %)", count, share));
    }
    text += row("requests per second", fmt::format("{:.0f}", rate(findings)));
    text += row("permits that waited", fmt::format("{}", findings.permits_waited));
    text += row("reconnects", fmt::format("{}", findings.reconnects));
    text += "\n";
    for (const Strut& strut : findings.struts)
    {
        text += fmt::format("  {:<13} {:<12} {:<8} {}\n", strut.role, strut.name, strut.version, strut.file);
    }
    text += fmt::format("\n  {}\n",
                        findings.good() ? "every request got its one right reply" : "NOT as it should be");
    return text;
}

std::string json(const Findings& findings)
{
    nlohmann::json struts = nlohmann::json::array();
    for (const Strut& strut : findings.struts)
    {
        struts.push_back(
            {{"role", strut.role}, {"name", strut.name}, {"version", strut.version}, {"file", strut.file}});
    }
    const nlohmann::json report = {
        {"requests", findings.requests},
        {"replies", findings.replies},
        {"wrong", findings.wrong},
        {"lost", findings.lost},
        {"timeouts", findings.timeouts},
        {"shares", findings.shares},
        {"seconds", findings.seconds},
        {"requests_per_second", rate(findings)},
        {"permits_waited", findings.permits_waited},
        {"reconnects", findings.reconnects},
        {"plugins", struts},
        {"good", findings.good()},
    };
    return report.dump(2);
}

} // namespace broker_demo
