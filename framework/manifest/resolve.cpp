#include "resolve.hpp"

#include "endpoint.hpp"
#include "options.hpp"
#include "problems.hpp"
#include "roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

// Of these the engine has to know before the first endpoint opens, or what becomes of them is a policy.
constexpr std::array<std::string_view, 3> of_the_socket{"send_hwm_bytes", "reconnect_ivl",
                                                        "reconnect_ivl_max"};

bool is_of_an_endpoint(const SettingRow* row)
{
    return row != nullptr && row->scope == Scope::endpoint &&
           std::ranges::find(of_the_socket, row->option.key) == of_the_socket.end();
}

// What is wrong with an option that the socket keeps to itself; empty for any other.
std::string refuse_kept(const SocketDescription& socket, const std::string& key, const std::string& action)
{
    const RoleUse& policy = socket.reconnect;
    const bool is_of_policy = find_option(*policy.role, key) >= 0;
    const bool is_kept = key == "reconnect" || key == "protocol" ||
                         std::ranges::find(of_the_socket, key) != of_the_socket.end();
    if (!is_kept && !is_of_policy)
    {
        return {};
    }
    if (action != "connect" && (is_of_policy || key.starts_with("reconnect")))
    {
        return "is about reconnecting, which only endpoints that dial do; leave it out";
    }
    if (is_of_policy && !policy.policy.empty())
    {
        return fmt::format("is an option of the policy {}; expected there", quote(policy.policy));
    }
    return "cannot be given in code to one endpoint alone; expected at the socket, or at an endpoint of the "
           "manifest";
}

/// `action`: where they are given. Throws std::invalid_argument.
void override_options(Endpoint& endpoint, const SocketDescription& socket,
                      const plugin_host::Registry& registry, const std::string& action,
                      const std::vector<Option>& overrides)
{
    Problems problems("");
    Description unused;
    const Context context{problems, unused, registry};
    RolesInPlay roles;
    roles.add(endpoint.transport.role);
    roles.add(endpoint.protocol.role);
    std::vector<std::string> known;
    roles.append_keys(known);
    for (const SettingRow& row : setting_rows())
    {
        if (is_of_an_endpoint(&row) && applies_to(row, socket.pattern))
        {
            known.emplace_back(row.option.key);
        }
    }
    std::vector<GivenOption> given;
    for (const Option& option : overrides)
    {
        const std::string path = action + "." + option.key;
        if (std::ranges::find(given, option.key, &GivenOption::key) != given.end())
        {
            problems.error(0, path, "given twice, expected once");
            continue;
        }
        given.push_back({option.key, option.value.text(), 0});
        const SettingRow* row = find_setting(option.key);
        const bool is_setting = is_of_an_endpoint(row);
        if (is_setting)
        {
            check_setting(context, *row, given.back(), path, socket.pattern, endpoint.settings);
        }
        if (roles.check(context, given.back(), path) || is_setting)
        {
            continue;
        }
        if (const std::string problem = refuse_kept(socket, option.key, action); !problem.empty())
        {
            problems.error(0, path, problem);
        }
        else
        {
            report_stray_option(context, given.back(), path, known);
        }
    }
    if (problems.failed())
    {
        throw std::invalid_argument(fmt::format("{}", fmt::join(problems.errors(), "; ")));
    }
    endpoint.transport = use_role(*endpoint.transport.role, socket.given, given);
    endpoint.protocol = use_role(*endpoint.protocol.role, socket.given, given);
}

/// As the socket has it, with `overrides`.
Endpoint complete(Endpoint endpoint, const plugin_host::Role& transport, const SocketDescription& socket,
                  const plugin_host::Registry& registry, const std::string& action,
                  const std::vector<Option>& overrides)
{
    endpoint.scheme = transport.name;
    endpoint.transport = use_role(transport, socket.given, {});
    endpoint.protocol = socket.protocol;
    endpoint.settings = socket.settings;
    endpoint.position = socket.name + ": " + action;
    if (!overrides.empty())
    {
        override_options(endpoint, socket, registry, action, overrides);
    }
    return endpoint;
}

} // namespace

Endpoint make_endpoint(const SocketDescription& socket, const plugin_host::Registry& registry, bool bind,
                       std::string_view uri, const std::vector<Option>& overrides)
{
    const std::string action = bind ? "bind" : "connect";
    std::string problem;
    const auto parsed = parse_uri(uri, problem);
    const plugin_host::Role* transport = parsed ? find_transport(registry, parsed->scheme, problem) : nullptr;
    if (transport == nullptr || !check_address(*transport, *parsed, bind, problem))
    {
        throw std::invalid_argument(action + ": " + problem);
    }
    Endpoint endpoint;
    endpoint.bind = bind;
    endpoint.uri = uri;
    endpoint.address = parsed->address;
    if (!bind)
    {
        endpoint.reconnect = socket.reconnect;
    }
    return complete(std::move(endpoint), *transport, socket, registry, action, overrides);
}

Endpoint make_adopted(const SocketDescription& socket, const plugin_host::Registry& registry,
                      const std::string& transport, std::string name, const std::vector<Option>& overrides)
{
    std::string problem;
    const plugin_host::Role* const role = find_transport(registry, transport, problem);
    if (role == nullptr)
    {
        throw std::invalid_argument("adopt: " + problem);
    }
    Endpoint endpoint;
    endpoint.uri = std::move(name);
    return complete(std::move(endpoint), *role, socket, registry, "adopt", overrides);
}

} // namespace spaceframe::manifest
