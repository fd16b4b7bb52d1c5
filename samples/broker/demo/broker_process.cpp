#include "broker_process.hpp"

#include <fmt/core.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <vector>

namespace broker_demo
{

BrokerProcess::BrokerProcess(Crew& crew, std::string name, const std::filesystem::path& spaceframe,
                             const std::filesystem::path& manifest, const std::filesystem::path& folder,
                             const sample::Child::Environment& environment)
    : crew_(crew)
    , name_(std::move(name))
    , summary_file_(folder / (name_ + ".json"))
{
    member_ = &crew_.start(name_, {spaceframe, "run", manifest, "--summary", summary_file_}, environment,
                           [this](std::string_view line)
                           {
                               read_line(line);
                           });
}

void BrokerProcess::read_line(std::string_view line)
{
    // A time stands before "<socket> bound <endpoint>".
    std::istringstream stream{std::string(line)};
    std::vector<std::string> words;
    for (std::string word; stream >> word;)
    {
        words.push_back(word);
    }
    for (std::size_t index = 1; index + 1 < words.size(); ++index)
    {
        if (words[index] == "bound")
        {
            bound_[words[index - 1]] = words[index + 1];
        }
    }
}

std::string BrokerProcess::bound(const std::string& socket)
{
    crew_.wait_until(
        [&]
        {
            return bound_.contains(socket);
        },
        std::chrono::seconds(20), fmt::format("'{} bound …' in the log of {}", socket, name_));
    return bound_[socket];
}

void BrokerProcess::stop()
{
    const int code = crew_.end_with_signal(*member_, SIGTERM);
    if (code != 0)
    {
        throw std::runtime_error(fmt::format("{} ended with {} instead of 0 on SIGTERM", name_, code));
    }
    summary_ = nlohmann::json::parse(std::ifstream(summary_file_));
}

const nlohmann::json& BrokerProcess::socket(const std::string& name) const
{
    for (const nlohmann::json& entry : summary_.at("sockets"))
    {
        if (entry.at("name") == name)
        {
            return entry;
        }
    }
    throw std::runtime_error(fmt::format("the summary of {} has no socket '{}'", name_, name));
}

} // namespace broker_demo
