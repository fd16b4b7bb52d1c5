#include "policies.hpp"

#include "form.hpp"
#include "nearest.hpp"
#include "roles.hpp"
#include "structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

std::uint32_t policy_kind(const Context& context, const Node& node, const std::string& path)
{
    if (!is_value(node, path, context.problems))
    {
        return 0;
    }
    for (const std::uint32_t kind : {SF_ROLE_BACKPRESSURE, SF_ROLE_RECONNECT})
    {
        if (node.value == plugin_host::role_name(kind))
        {
            return kind;
        }
    }
    context.problems.error(node.line, path,
                           fmt::format("found {}, expected backpressure or reconnect{}", quote(node.value),
                                       did_you_mean(node.value, {"backpressure", "reconnect"})));
    return 0;
}

const plugin_host::Role* policy_role(const Context& context, std::uint32_t kind, const Node& node,
                                     const std::string& path)
{
    if (!is_value(node, path, context.problems) || kind == 0)
    {
        return nullptr;
    }
    const plugin_host::Role* role = context.registry.find(kind, node.value);
    if (role == nullptr)
    {
        context.problems.error(node.line, path, describe_missing(context.registry, kind, node.value, {}));
    }
    return role;
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
        const Node* role_node = find_child(node, "role");
        const Node* use_node = find_child(node, "use");
        policy.kind = role_node == nullptr ? 0 : policy_kind(context, *role_node, path_of(path, "role"));
        const plugin_host::Role* role =
            use_node == nullptr ? nullptr
                                : policy_role(context, policy.kind, *use_node, path_of(path, "use"));
        if (role != nullptr)
        {
            RolesInPlay roles;
            roles.add(role);
            std::vector<std::string> known = names_of(policy_keys);
            roles.append_keys(known);
            for (const GivenOption& option : given)
            {
                const std::string option_path = path_of(path, option.key);
                if (!roles.check(context, option, option_path))
                {
                    report_unknown(*find_child(node, option.key), option_path, known, context.problems);
                }
            }
            policy.use = use_role(*role, given, {});
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
