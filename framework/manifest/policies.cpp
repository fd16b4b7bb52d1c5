#include "policies.hpp"

#include "form.hpp"
#include "nearest.hpp"
#include "roles.hpp"
#include "structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

constexpr std::array policy_kinds{SF_ROLE_BACKPRESSURE, SF_ROLE_RECONNECT};

// A policy's role as far as it is known.
struct Meant
{
    std::uint32_t kind = 0;                  ///< as the policy says it; 0 when that cannot be understood
    std::vector<std::uint32_t> kinds;        ///< those that it may be
    const plugin_host::Role* role = nullptr; ///< nullptr: not found
};

void read_kind(const Context& context, const Node* node, const std::string& path, Meant& meant)
{
    meant.kinds.assign(policy_kinds.begin(), policy_kinds.end());
    if (node == nullptr || !is_value(*node, path, context.problems))
    {
        return;
    }
    const std::vector<std::string> names{plugin_host::role_name(SF_ROLE_BACKPRESSURE),
                                         plugin_host::role_name(SF_ROLE_RECONNECT)};
    const std::string meant_name = nearest(node->value, names);
    for (const std::uint32_t kind : policy_kinds)
    {
        if (node->value == plugin_host::role_name(kind))
        {
            meant.kind = kind;
        }
        if (meant_name == plugin_host::role_name(kind))
        {
            meant.kinds = {kind};
        }
    }
    if (meant.kind == 0)
    {
        context.problems.error(node->line, path,
                               fmt::format("found {}, expected backpressure or reconnect{}",
                                           quote(node->value), did_you_mean(node->value, names)));
    }
}

void read_use(const Context& context, const Node* node, const std::string& path, Meant& meant)
{
    if (node == nullptr || !is_value(*node, path, context.problems))
    {
        return;
    }
    for (const std::uint32_t kind : meant.kinds)
    {
        meant.role = meant.role != nullptr ? meant.role : context.registry.find(kind, node->value);
    }
    if (meant.role == nullptr && meant.kinds.size() == 1)
    {
        context.problems.error(node->line, path,
                               describe_missing(context.registry, meant.kinds.front(), node->value, {}));
    }
}

void check_policy_options(const Context& context, const Node& node, const std::string& path,
                          const std::vector<GivenOption>& given, const Meant& meant)
{
    RolesInPlay roles;
    RolesInPlay candidates;
    if (meant.role != nullptr)
    {
        roles.add(meant.role);
        candidates.add(meant.role);
    }
    else
    {
        for (const std::uint32_t kind : meant.kinds)
        {
            roles.add_unresolved(kind);
            for (const plugin_host::Role* role : roles_of(context.registry, kind))
            {
                candidates.add(role);
            }
        }
    }
    std::vector<std::string> known = names_of(policy_keys);
    candidates.append_keys(known);
    for (const GivenOption& option : given)
    {
        const std::string option_path = path_of(path, option.key);
        if (!roles.check(context, option, option_path))
        {
            report_unknown(*find_child(node, option.key), option_path, known, context.problems);
        }
    }
}

void check_policy(const Context& context, const Node& node, const std::string& path)
{
    PolicyDescription policy;
    policy.name = node.key;
    policy.line = node.line;
    policy.position = context.problems.position(node.line, path);
    if (is_block(node, path, context.problems))
    {
        const auto given = gather_options(context, node, path, policy_keys);
        Meant meant;
        read_kind(context, find_child(node, "role"), path_of(path, "role"), meant);
        read_use(context, find_child(node, "use"), path_of(path, "use"), meant);
        check_policy_options(context, node, path, given, meant);
        policy.kind = meant.kind;
        if (meant.kind != 0 && meant.role != nullptr)
        {
            policy.use = use_role(*meant.role, given, {});
            policy.use.policy = policy.name;
        }
    }
    context.description.policies.push_back(std::move(policy));
}

std::vector<std::string> policy_names(const Description& description, std::uint32_t kind)
{
    std::vector<std::string> result;
    for (const PolicyDescription& policy : description.policies)
    {
        if (policy.kind == kind)
        {
            result.push_back(policy.name);
        }
    }
    return result;
}

} // namespace

void check_policies(const Context& context, const Node& section)
{
    const Siblings siblings(section);
    for (const Node& node : section.children)
    {
        const std::string path = path_of("policies", node.key);
        if (is_name(node, path, context.problems) && siblings.is_unique(node, path, context.problems))
        {
            check_policy(context, node, path);
        }
    }
}

void Choice::add_to(RolesInPlay& roles) const
{
    if (policy != nullptr)
    {
        roles.add(policy);
    }
    else if (role == nullptr)
    {
        roles.add_unresolved(kind);
    }
    else if (!closed)
    {
        roles.add(role);
    }
}

RoleUse Choice::use(const std::vector<GivenOption>& lower, const std::vector<GivenOption>& upper) const
{
    if (policy != nullptr)
    {
        return policy->use;
    }
    if (closed || role == nullptr)
    {
        return preset;
    }
    return use_role(*role, lower, upper);
}

Choice choose(const Context& context, std::uint32_t kind, const std::string& name, int line,
              const std::string& path)
{
    Choice choice;
    choice.kind = kind;
    const bool takes_policies = kind == SF_ROLE_BACKPRESSURE || kind == SF_ROLE_RECONNECT;
    const auto policy = std::ranges::find(context.description.policies, name, &PolicyDescription::name);
    if (takes_policies && policy != context.description.policies.end())
    {
        policy->used = true;
        if (policy->kind == kind)
        {
            choice.policy = &*policy;
            choice.role = policy->use.role;
        }
        else if (policy->kind != 0)
        {
            context.problems.error(line, path,
                                   fmt::format("the policy {}{} is for {}, expected one for {}", quote(name),
                                               mention_line(" (line {})", policy->line),
                                               plugin_host::role_name(policy->kind),
                                               plugin_host::role_name(kind)));
        }
        return choice;
    }
    choice.role = context.registry.find(kind, name);
    if (choice.role == nullptr)
    {
        context.problems.error(
            line, path,
            describe_missing(context.registry, kind, name, policy_names(context.description, kind)));
    }
    return choice;
}

} // namespace spaceframe::manifest
