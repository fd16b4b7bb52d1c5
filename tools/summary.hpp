#pragma once

#include <spaceframe/kernel.hpp>

#include <string>
#include <vector>

namespace tool
{

/// A table for people: what each socket sent, received and dropped.
std::string summary_table(const std::vector<spaceframe::Socket>& sockets);

/// A JSON array with an object for each socket: its `name`, `pattern`, `ledger` and `budget`, whose members
/// are those of spaceframe::Ledger and spaceframe::BudgetState.
std::string summary_json(const std::vector<spaceframe::Socket>& sockets);

} // namespace tool
