#pragma once

#include "runner.hpp"

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace bench
{

// The table of one workload: all sides, then the ratios with their goals.
std::string table(const Workload& workload, const std::vector<Figures>& figures);

// The same as JSON.
nlohmann::json json(const Workload& workload, const std::vector<Figures>& figures);

} // namespace bench
