#pragma once

#include "options.hpp"
#include "policies.hpp"

#include <optional>
#include <string>
#include <vector>

namespace spaceframe::manifest
{

/// What one place (a socket, an endpoint) says about reconnecting: a `reconnect` key, or ZeroMQ's
/// `reconnect_ivl` and `reconnect_ivl_max`, or nothing.
struct ReconnectWish
{
    const Node* policy = nullptr;
    const GivenOption* interval = nullptr;
    const GivenOption* interval_max = nullptr;
};

/// Reads the wish of a place; reports one that says both.
ReconnectWish read_reconnect(const Context& context, const Node& place, const std::vector<GivenOption>& given,
                             const std::string& path);

/// What a place's wish leads to; nothing when it says nothing. The intervals become a schedule as ZeroMQ has
/// it: no growth without `reconnect_ivl_max`, never for an infinite interval. `outer` is the wish of the
/// socket, whose intervals an endpoint's may complete.
std::optional<Choice> choose_reconnect(const Context& context, const ReconnectWish& wish,
                                       const ReconnectWish& outer, const std::string& path);

} // namespace spaceframe::manifest
