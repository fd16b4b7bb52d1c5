#pragma once

#include <spaceframe/kernel.hpp>

#include <string>
#include <vector>

namespace tool
{

/// Two tables for people: both sides of each socket's ledger, whose terms add up to what arrived and to what
/// was accepted; and connections and permits. `shared`: the budget of the kernel, told where it has a limit.
std::string summary_table(const std::vector<spaceframe::Socket>& sockets,
                          const spaceframe::BudgetState& shared);

/// A JSON array with an object for each socket: its `name`, `pattern`, `ledger` and `budget`, whose members
/// are those of spaceframe::Ledger and spaceframe::BudgetState.
std::string summary_json(const std::vector<spaceframe::Socket>& sockets);

} // namespace tool
