#include "explain.hpp"

#include <nlohmann/json.hpp>

#include <string>

namespace spaceframe::manifest
{
namespace
{

using Json = nlohmann::ordered_json;

// Numbers and truth values are JSON's own; what has a unit is text, as in a manifest.
Json option_value(const sf_option& option, const plugin_host::Value& value)
{
    switch (option.type)
    {
    case SF_TYPE_BOOL:
        return value.integer != 0;
    case SF_TYPE_INTEGER:
        return value.integer;
    case SF_TYPE_REAL:
        return value.real;
    default:
        return plugin_host::format_value(option, value);
    }
}

Json role_object(const RoleUse& use)
{
    const plugin_host::Plugin& plugin = *use.role->plugin;
    Json options = Json::object();
    for (std::size_t i = 0; i < use.values.size(); ++i)
    {
        options[use.role->options[i].key] = option_value(use.role->options[i], use.values[i]);
    }
    Json result;
    result["name"] = use.role->name;
    result["policy"] = use.policy.empty() ? Json() : Json(use.policy);
    result["plugin"] = plugin.name;
    result["version"] = plugin.version;
    result["file"] = plugin.file.empty() ? Json() : Json(plugin.file.string());
    result["options"] = std::move(options);
    return result;
}

Json settings_object(const Settings& settings, Scope scope, const std::string& pattern)
{
    Json result = Json::object();
    for (const SettingRow& row : setting_rows())
    {
        if (row.scope != scope || std::holds_alternative<std::monostate>(row.field) ||
            !applies_to(row, pattern))
        {
            continue;
        }
        if (is_list(row))
        {
            result[row.option.key] = list_of(settings, row);
            continue;
        }
        std::string ignored;
        const auto value = plugin_host::parse_value(row.option, format_setting(settings, row), ignored);
        result[row.option.key] = option_value(row.option, value.value());
    }
    return result;
}

Json endpoint_object(const Endpoint& endpoint, const std::string& pattern)
{
    Json result;
    result["kind"] = endpoint.bind ? "bind" : "connect";
    result["endpoint"] = endpoint.uri;
    result["transport"] = role_object(endpoint.transport);
    result["protocol"] = role_object(endpoint.protocol);
    result["reconnect"] = endpoint.reconnect.role == nullptr ? Json() : role_object(endpoint.reconnect);
    result["options"] = settings_object(endpoint.settings, Scope::endpoint, pattern);
    return result;
}

Json socket_object(const SocketDescription& socket)
{
    Json result;
    result["pattern"] = socket.pattern;
    result["backpressure"] = role_object(socket.backpressure);
    result["protocol"] = role_object(socket.protocol);
    result["reconnect"] = role_object(socket.reconnect);
    result["options"] = settings_object(socket.settings, Scope::socket, socket.pattern);
    result["endpoint_options"] = settings_object(socket.settings, Scope::endpoint, socket.pattern);
    result["endpoints"] = Json::array();
    for (const Endpoint& endpoint : socket.endpoints)
    {
        result["endpoints"].push_back(endpoint_object(endpoint, socket.pattern));
    }
    return result;
}

Json kernel_object(const Description& description)
{
    plugin_host::Value spin;
    spin.integer = description.spin.count();
    return {{"threads", description.threads},
            {"spin", plugin_host::format_value(kernel_options()[1], spin)},
            {"backpressure",
             description.backpressure.role == nullptr ? Json() : role_object(description.backpressure)}};
}

} // namespace

std::string explain_json(const Description& description)
{
    Json result;
    result["spaceframe"] = 1;
    result["manifest"] = description.file.empty() ? Json() : Json(description.file);
    result["kernel"] = kernel_object(description);
    result["plugins"] = {{"search", description.search}};
    result["policies"] = Json::object();
    for (const PolicyDescription& policy : description.policies)
    {
        Json object{{"role", plugin_host::role_name(policy.kind)}};
        object.update(role_object(policy.use));
        result["policies"][policy.name] = std::move(object);
    }
    result["sockets"] = Json::object();
    for (const SocketDescription& socket : description.sockets)
    {
        result["sockets"][socket.name] = socket_object(socket);
    }
    result["proxies"] = Json::object();
    for (const ProxyDescription& proxy : description.proxies)
    {
        result["proxies"][proxy.name] = {{"front", proxy.front}, {"back", proxy.back}};
    }
    return result.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

} // namespace spaceframe::manifest
