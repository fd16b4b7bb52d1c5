#pragma once

#include <spaceframe/plugin/abi.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::plugin_host
{

/// Keys of a manifest that say what a block is made of. They stand beside the options of roles, so no option
/// can bear their names.
inline const std::vector<std::string> socket_keys{"pattern",      "bind",      "connect",
                                                  "backpressure", "reconnect", "protocol"};
inline const std::vector<std::string> endpoint_keys{"endpoint", "reconnect", "protocol"};
inline const std::vector<std::string> policy_keys{"role", "use"};

/// Does a block where options of this kind of role (SF_ROLE_…) are given have such a key?
inline bool is_reserved(std::uint32_t kind, std::string_view key)
{
    const auto has = [key](const std::vector<std::string>& keys)
    {
        return std::ranges::find(keys, key) != keys.end();
    };
    const bool of_policies = kind == SF_ROLE_BACKPRESSURE || kind == SF_ROLE_RECONNECT;
    return of_policies ? has(policy_keys) : has(socket_keys) || has(endpoint_keys);
}

} // namespace spaceframe::plugin_host
