#pragma once

#include "crew.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <map>
#include <string>

namespace broker_demo
{

// `spaceframe run MANIFEST` in a process of its own.
class BrokerProcess
{
public:
    BrokerProcess(Crew& crew, std::string name, const std::filesystem::path& spaceframe,
                  const std::filesystem::path& manifest, const std::filesystem::path& folder,
                  const sample::Child::Environment& environment);

    // The endpoint that `socket` has bound, taken from the log ("<socket> bound <endpoint>"); waits for it.
    std::string bound(const std::string& socket);

    // Ends the process with SIGTERM. Afterwards `socket` gives what the summary says about a socket.
    void stop();
    const nlohmann::json& socket(const std::string& name) const;

private:
    void read_line(std::string_view line);

    Crew& crew_;
    std::string name_;
    std::filesystem::path summary_file_;
    std::map<std::string, std::string> bound_;
    nlohmann::json summary_;
    Crew::Member* member_ = nullptr;
};

} // namespace broker_demo
