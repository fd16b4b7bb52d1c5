#pragma once

#include "task.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace bench
{

// Tells the other process where to connect to: an endpoint in ZeroMQ's notation.
using Announce = std::function<void(const std::string& endpoint)>;

// One way to do the work of a Task. Each function runs in a process of its own, binds (and announces) or
// connects, and throws std::exception when anything is not as expected, such as a message of another size.
struct Side
{
    std::string_view name;
    // Receives `count` messages.
    Sample (*pull)(const Task& task, const Announce& announce);
    // Sends `count` messages and waits until they have left the process.
    Sample (*push)(const Task& task, const std::string& endpoint);
    // Sends each of `warm_up + count` messages back.
    Sample (*reply)(const Task& task, const Announce& announce);
    // Makes `warm_up + count` round trips and times the last `count`.
    Sample (*request)(const Task& task, const std::string& endpoint);
};

extern const Side raw_side;
extern const Side libzmq_side;
extern const Side spaceframe_side;

// nullptr when there is no such side.
const Side* find_side(std::string_view name);

} // namespace bench
