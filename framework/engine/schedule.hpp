#pragma once

#include "manifest/description.hpp"

#include <spaceframe/plugin/abi.h>

#include <memory>

namespace spaceframe::engine
{

class Host;

struct ScheduleEnd
{
    const sf_reconnect* table;

    void operator()(sf_schedule* schedule) const noexcept
    {
        table->destroy(schedule);
    }
};

/// The delays of one endpoint that dials: an instance of its reconnect policy.
using Schedule = std::unique_ptr<sf_schedule, ScheduleEnd>;

/// Throws boost::system::system_error when the plug-in of the endpoint's policy refuses its options.
Schedule make_schedule(const manifest::Endpoint& endpoint, const Host& host);

} // namespace spaceframe::engine
