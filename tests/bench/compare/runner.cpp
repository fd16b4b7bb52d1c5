#include "runner.hpp"

#include "side.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <support/child.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <stdexcept>
#include <system_error>

namespace bench
{
namespace
{

using sample::Child;
constexpr std::chrono::seconds longest_part{120};

// The rest of the line that begins with `word`.
std::string read_answer(Child& child, std::string_view word)
{
    const auto deadline = Child::Clock::now() + longest_part;
    while (const auto line = child.read_line(deadline))
    {
        if (line->starts_with(word) && line->size() > word.size())
        {
            return line->substr(word.size() + 1);
        }
    }
    throw std::runtime_error(
        fmt::format("{} gave no {}: {}", child.name(), word, fmt::join(child.recent_lines(), " | ")));
}

Sample read_sample(Child& child)
{
    return nlohmann::json::parse(read_answer(child, "sample")).get<Sample>();
}

// A folder for the socket files of one measurement.
class Folder
{
public:
    Folder()
    {
        std::string name = (std::filesystem::temp_directory_path() / "spaceframe-bench-XXXXXX").string();
        if (::mkdtemp(name.data()) == nullptr)
        {
            throw std::system_error(errno, std::system_category(), "cannot make a folder " + name);
        }
        path_ = name;
    }

    ~Folder()
    {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }

    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;

    const std::filesystem::path& path() const
    {
        return path_;
    }

private:
    std::filesystem::path path_;
};

bool is_pipeline(const Task& task)
{
    return task.shape == "pipeline";
}

} // namespace

Spread spread_of(std::vector<double> values)
{
    std::ranges::sort(values);
    if (values.empty())
    {
        return {};
    }
    const std::size_t middle = values.size() / 2;
    const double median = values.size() % 2 == 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
    return {median, values.front(), values.back()};
}

const Spread& Figures::figure(const std::string& name) const
{
    return name == "p50" ? p50 : name == "p99" ? p99 : name == "cpu" ? cpu : rate;
}

Runner::Runner(std::filesystem::path program, Effort effort) : program_(std::move(program)), effort_(effort)
{}

Runner::Result Runner::measure(const Task& task)
{
    const std::optional<Folder> folder =
        task.transport == "ipc" ? std::optional<Folder>(std::in_place) : std::nullopt;
    Task given = task;
    given.folder = folder ? folder->path().string() : std::string();
    const std::string text = nlohmann::json(given).dump();
    const bool pipeline = is_pipeline(task);
    Child server(fmt::format("{} {}", task.side, pipeline ? "receiver" : "answerer"),
                 {program_, "part", pipeline ? "pull" : "reply", text});
    const std::string endpoint = read_answer(server, "endpoint");
    Child client(fmt::format("{} {}", task.side, pipeline ? "sender" : "asker"),
                 {program_, "part", pipeline ? "push" : "request", text, endpoint});
    Result result;
    // The receiver or asker tells the time; the other one is only asked for its processor time.
    // The client is heard first: when it fails, the server would wait for it in vain.
    (pipeline ? result.far : result.near) = read_sample(client);
    (pipeline ? result.near : result.far) = read_sample(server);
    const auto deadline = Child::Clock::now() + longest_part;
    for (Child* const child : {&server, &client})
    {
        if (child->wait(deadline) != 0)
        {
            throw std::runtime_error(child->name() + " failed");
        }
    }
    return result;
}

std::uint64_t Runner::fitting_count(const Task& task)
{
    if (!is_pipeline(task))
    {
        return std::max<std::uint64_t>(
            10, static_cast<std::uint64_t>(static_cast<double>(task.count) * effort_.trips));
    }
    // A short run tells how fast this side is, and warms things up.
    Task probe = task;
    probe.count = std::max<std::uint64_t>(
        100, std::min<std::uint64_t>(effort_.least_messages / 5, (64u << 20) / task.message_size()));
    const Sample sample = measure(probe).near;
    const bool large = task.message_size() >= 4096;
    const double seconds = large                ? effort_.large_seconds
                           : task.side == "raw" ? effort_.raw_seconds
                                                : effort_.seconds;
    const double rate = static_cast<double>(sample.messages) / std::max(sample.seconds, 1e-6);
    const auto wanted = static_cast<std::uint64_t>(rate * seconds * 1.25);
    const std::uint64_t least = large ? 100 : effort_.least_messages;
    // Without a high-water mark the queue may grow to the whole run.
    const std::uint64_t most =
        task.unlimited && task.side != "raw" ? std::max<std::uint64_t>(least, 2'000'000) : UINT64_MAX;
    return std::min(std::max(wanted, least), most);
}

std::vector<Figures> Runner::run(const Workload& workload)
{
    std::vector<Task> tasks;
    for (const Contender& contender : workload.contenders)
    {
        tasks.push_back(contender.task);
        tasks.back().count = fitting_count(contender.task);
    }
    std::vector<std::array<std::vector<double>, 6>> values(tasks.size());
    for (unsigned round = 0; round < effort_.rounds; ++round)
    {
        for (std::size_t index = 0; index < tasks.size(); ++index)
        {
            const Result result = measure(tasks[index]);
            const auto messages = static_cast<double>(tasks[index].count);
            const double rate = messages / std::max(result.near.seconds, 1e-9);
            const double cpu = (result.near.cpu_seconds + result.far.cpu_seconds) / messages * 1e6;
            const double bandwidth = rate * static_cast<double>(tasks[index].message_size());
            const std::array all{
                rate, bandwidth, cpu, result.near.p50_us, result.near.p95_us, result.near.p99_us};
            for (std::size_t figure = 0; figure < all.size(); ++figure)
            {
                values[index][figure].push_back(all[figure]);
            }
        }
    }
    std::vector<Figures> figures;
    for (std::size_t index = 0; index < tasks.size(); ++index)
    {
        const auto& of = values[index];
        figures.push_back({workload.contenders[index].label, tasks[index].count, spread_of(of[0]),
                           spread_of(of[1]), spread_of(of[2]), spread_of(of[3]), spread_of(of[4]),
                           spread_of(of[5])});
    }
    return figures;
}

int run_part(const std::string& part, const std::string& task_text, const std::string& endpoint)
{
    const auto say = [](const std::string& line)
    {
        std::fputs((line + "\n").c_str(), stdout);
        std::fflush(stdout);
    };
    try
    {
        const Task task = nlohmann::json::parse(task_text).get<Task>();
        const Side* const side = find_side(task.side);
        if (side == nullptr)
        {
            throw std::runtime_error("there is no side " + task.side);
        }
        const Announce announce = [&](const std::string& bound)
        {
            say("endpoint " + bound);
        };
        const Sample sample = part == "pull"    ? side->pull(task, announce)
                              : part == "push"  ? side->push(task, endpoint)
                              : part == "reply" ? side->reply(task, announce)
                                                : side->request(task, endpoint);
        say("sample " + nlohmann::json(sample).dump());
        return 0;
    }
    catch (const std::exception& error)
    {
        say(fmt::format("error {}", error.what()));
        return 1;
    }
}

const Side* find_side(std::string_view name)
{
    static const std::vector<const Side*> sides{
        &raw_side,
        &libzmq_side,
        &spaceframe_side,
    };
    const auto found = std::ranges::find(sides, name, &Side::name);
    return found == sides.end() ? nullptr : *found;
}

} // namespace bench
