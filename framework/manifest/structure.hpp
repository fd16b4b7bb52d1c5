#pragma once

#include "defaults.hpp"

#include <spaceframe/plugin/abi.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// How often a key stands in its block.
enum class Times
{
    at_most_once,
    once,
    any
};

/// A key that says what a block of a manifest is made of. The others that may stand beside it are options, or
/// names.
struct StructuralKey
{
    std::string_view key;
    std::string_view type; ///< what the key takes, in a word
    Times times;
    std::string_view default_value; ///< empty for none
    std::string_view help;          ///< one sentence without the final stop
};

// The tables from which manifests are checked and documented. A kernel's options are a table of their own
// (settings.hpp).

inline constexpr std::array top_keys{
    StructuralKey{"spaceframe", "integer", Times::once, "", "The version of the format, which is 1"},
    StructuralKey{"kernel", "block", Times::at_most_once, "", "What all sockets share"},
    StructuralKey{"plugins", "block", Times::at_most_once, "", "Where to look for plug-ins first"},
    StructuralKey{"policies", "block", Times::at_most_once, "",
                  "Backpressure and reconnect policies with options, to be shared by name"},
    StructuralKey{"sockets", "block", Times::at_most_once, "", "The sockets, by name"},
    StructuralKey{"proxies", "block", Times::at_most_once, "",
                  "Pairs of sockets between which messages are passed on, by name"},
};

inline constexpr std::array plugins_keys{
    StructuralKey{"search", "folder", Times::any, "",
                  "Where plug-ins are looked for before the environment and the library are asked"},
};

inline constexpr std::array policy_keys{
    StructuralKey{"role", "text", Times::once, "", "What kind of role it is: backpressure or reconnect"},
    StructuralKey{"use", "role", Times::once, "", "The role, whose options stand beside this"},
};

inline constexpr std::array socket_keys{
    StructuralKey{"pattern", "pattern", Times::once, "", "What the socket does, and which peers it talks to"},
    StructuralKey{"bind", "endpoint", Times::any, "", "Where to listen: TRANSPORT://ADDRESS, or a block"},
    StructuralKey{"connect", "endpoint", Times::any, "", "Where to dial: likewise"},
    StructuralKey{"backpressure", "policy or role", Times::at_most_once, defaults::backpressure,
                  "Budget of the socket; a policy of that name wins over a role"},
    StructuralKey{"reconnect", "policy or role", Times::at_most_once, defaults::reconnect,
                  "When what is lost is dialled again; likewise"},
    StructuralKey{"protocol", "role", Times::at_most_once, defaults::protocol, "What is spoken"},
};

inline constexpr std::array endpoint_keys{
    StructuralKey{"endpoint", "endpoint", Times::once, "",
                  "Where to listen, or to dial: TRANSPORT://ADDRESS"},
    StructuralKey{"reconnect", "policy or role", Times::at_most_once, "",
                  "At connect only; otherwise the socket's"},
    StructuralKey{"protocol", "role", Times::at_most_once, "",
                  "What is spoken there; otherwise the socket's"},
};

inline constexpr std::array proxy_keys{
    StructuralKey{"front", "socket", Times::once, "", "One side"},
    StructuralKey{"back", "socket", Times::once, "", "The other"},
};

/// The row of that key, or nullptr.
inline const StructuralKey* find_key(std::span<const StructuralKey> keys, std::string_view key)
{
    const auto found = std::ranges::find(keys, key, &StructuralKey::key);
    return found == keys.end() ? nullptr : &*found;
}

/// What the keys are called, in order.
inline std::vector<std::string> names_of(std::span<const StructuralKey> keys)
{
    std::vector<std::string> names;
    for (const StructuralKey& row : keys)
    {
        names.emplace_back(row.key);
    }
    return names;
}

/// Does a block where options of this kind of role (SF_ROLE_…) are given have such a key? An option that bore
/// its name could never be set.
inline bool is_reserved(std::uint32_t kind, std::string_view key)
{
    const bool of_policies = kind == SF_ROLE_BACKPRESSURE || kind == SF_ROLE_RECONNECT;
    return of_policies ? find_key(policy_keys, key) != nullptr
                       : find_key(socket_keys, key) != nullptr || find_key(endpoint_keys, key) != nullptr;
}

} // namespace spaceframe::manifest
