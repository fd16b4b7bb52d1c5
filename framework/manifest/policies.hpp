#pragma once

#include "options.hpp"

#include <cstdint>
#include <string>

namespace spaceframe::manifest
{

/// Checks the `policies` section and adds its entries to the description, also those with errors (their role
/// is then nullptr).
void check_policies(const Context& context, const Node& section);

/// A role that a place of the manifest chooses: by itself, or through a policy.
struct Choice
{
    std::uint32_t kind = 0;
    const plugin_host::Role* role = nullptr; ///< nullptr: not found, which was reported
    const PolicyDescription* policy = nullptr;
    bool closed = false; ///< its options cannot be given at the place

    void add_to(RolesInPlay& roles) const;
    /// The role with its values: a policy's, or defaults and what the places give.
    RoleUse use(const std::vector<GivenOption>& lower, const std::vector<GivenOption>& upper) const;

    RoleUse preset; ///< for a closed choice without a policy
};

/// The policy (which wins) or role of that name; reports what cannot be found.
Choice choose(const Context& context, std::uint32_t kind, const std::string& name, int line,
              const std::string& path);

} // namespace spaceframe::manifest
