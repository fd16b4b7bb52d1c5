#pragma once

#include "engine/loop.hpp"

#include <spaceframe/plugin/abi.h>

#include <chrono>
#include <vector>

namespace spaceframe::engine
{

/// What was called back, in order.
class Recorder
{
public:
    static void called(void* context, sf_status status)
    {
        static_cast<Recorder*>(context)->statuses.push_back(status);
    }

    /// Drives `loop` until so many calls came; false after ten seconds.
    bool await(Loop& loop, std::size_t count)
    {
        const auto end = deadline_after(std::chrono::seconds(10));
        while (statuses.size() < count)
        {
            if (loop.run_one(end) == 0 && Clock::now() >= end)
            {
                return false;
            }
        }
        return true;
    }

    std::vector<sf_status> statuses;
};

} // namespace spaceframe::engine
