#include "engine/stack.hpp"

#include "plugin/role.hpp"

#include <boost/system/system_error.hpp>

#include <utility>

namespace spaceframe::engine
{

std::vector<sf_value> option_values(const manifest::RoleUse& use)
{
    std::vector<sf_value> values;
    values.reserve(use.values.size());
    for (const plugin_host::Value& value : use.values)
    {
        values.push_back({value.integer, value.real, {value.text.data(), value.text.size()}});
    }
    return values;
}

Stack::Stack(manifest::Endpoint given, SocketReporter& used_reporter)
    : description(std::move(given))
    , endpoint(description.uri)
    , reporter(used_reporter)
    , transport(description.transport.role->as<sf_transport>())
    , protocol(description.protocol.role->as<sf_protocol>())
{
    // Nothing between the two may throw.
    const auto transport_values = option_values(description.transport);
    const auto protocol_values = option_values(description.protocol);
    if (const sf_status status = transport.create(&reporter.host(), transport_values.data(),
                                                  transport_values.size(), &transport_instance);
        status != SF_OK)
    {
        throw_failure(status, description.position + ": " + description.uri);
    }
    if (const sf_status status = protocol.create(&reporter.host(), protocol_values.data(),
                                                 protocol_values.size(), &protocol_instance);
        status != SF_OK)
    {
        transport.destroy(transport_instance);
        throw_failure(status, description.position + ": " + description.uri);
    }
}

Stack::~Stack()
{
    protocol.destroy(protocol_instance);
    transport.destroy(transport_instance);
}

} // namespace spaceframe::engine
