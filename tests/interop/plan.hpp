#pragma once

#include "exchange.hpp"

#include <pattern/table.hpp>

#include <string>
#include <vector>

namespace interop
{

// What the two sides of a pair do, one step after the other; tasks as of an interop-peer.
struct Plan
{
    std::vector<std::string> our_tasks;
    std::vector<std::string> their_tasks;
    Work work;
    std::vector<std::string> their_options;
    std::string our_lines; // of the manifest
};

// Follows from the rows alone. Where both can begin, first we ask and they answer, then they ask. The peer's
// identity is "theirs", ours "ours"; both are checked where the other side sees them.
Plan plan(const spaceframe::pattern::Row& ours, const spaceframe::pattern::Row& theirs);

} // namespace interop
