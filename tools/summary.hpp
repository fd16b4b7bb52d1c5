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

/// A JSON object: `kernel`, with the `budget` that all sockets share, and `sockets`, an array with an object
/// for each: its `name`, `pattern`, `ledger` and `budget`. The members of a ledger and of a budget are those
/// of spaceframe::Ledger and spaceframe::BudgetState; `limit` is null where there is none.
std::string summary_json(const std::vector<spaceframe::Socket>& sockets,
                         const spaceframe::BudgetState& shared);

} // namespace tool
