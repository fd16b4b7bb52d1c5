#pragma once

#include "scenario.hpp"

#include <string>

namespace broker_demo
{

// The table that the demonstration prints.
std::string table(const Findings& findings);

// The same as JSON.
std::string json(const Findings& findings);

} // namespace broker_demo
