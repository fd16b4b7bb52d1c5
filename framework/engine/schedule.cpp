#include "engine/schedule.hpp"

#include "engine/failure.hpp"
#include "engine/host.hpp"
#include "engine/stack.hpp"
#include "plugin/role.hpp"

namespace spaceframe::engine
{

Schedule make_schedule(const manifest::Endpoint& endpoint, const Host& host)
{
    const manifest::RoleUse& use = endpoint.reconnect;
    const auto& table = use.role->as<sf_reconnect>();
    const auto values = option_values(use);
    sf_schedule* schedule = nullptr;
    if (const sf_status status = table.create(&host, values.data(), values.size(), &schedule);
        status != SF_OK)
    {
        throw_failure(status, endpoint.position + ": reconnect " + use.role->name);
    }
    return Schedule(schedule, {&table});
}

} // namespace spaceframe::engine
