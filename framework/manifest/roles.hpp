#pragma once

#include "../plugin/registry.hpp"
#include "../plugin/role.hpp"
#include "description.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// "transport", "protocol", "backpressure policy", "reconnect policy".
std::string kind_name(std::uint32_t kind);

/// All roles of a kind that the plug-ins offer.
std::vector<const plugin_host::Role*> roles_of(const plugin_host::Registry& registry, std::uint32_t kind);

/// Their names.
std::vector<std::string> role_names(const plugin_host::Registry& registry, std::uint32_t kind);

/// Why `name` leads to nothing: what there is (`also`: names of policies that would do as well), and the
/// nearest of it.
std::string describe_missing(const plugin_host::Registry& registry, std::uint32_t kind, std::string_view name,
                             std::vector<std::string> also);

/// The index of a role's option, or -1.
int find_option(const plugin_host::Role& role, std::string_view key);

/// The role with defaults, and over them what `lower` and then `upper` give. Options that the role does not
/// have, and values that it does not take, are passed over: the checker reports them.
RoleUse use_role(const plugin_host::Role& role, const std::vector<GivenOption>& lower,
                 const std::vector<GivenOption>& upper);

} // namespace spaceframe::manifest
