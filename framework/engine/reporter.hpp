#pragma once

#include "engine/failure.hpp"
#include "engine/host.hpp"

#include <spaceframe/kernel.hpp>

#include <functional>

namespace spaceframe::engine
{

/// Tells the host application what happens: an event for programs, a log line for people. [any], never under
/// a lock.
class Reporter
{
public:
    Reporter(Host& host, std::function<void(const Event&)> on_event);

    void report(const Event& event) noexcept;
    /// The event with what a failure says.
    void report(Event event, const Failure& failure) noexcept;

    Host& host() noexcept
    {
        return host_;
    }

private:
    Host& host_;
    std::function<void(const Event&)> on_event_;
};

} // namespace spaceframe::engine
