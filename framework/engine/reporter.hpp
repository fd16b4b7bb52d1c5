#pragma once

#include "engine/host.hpp"

#include <spaceframe/kernel.hpp>

#include <cstddef>
#include <functional>
#include <string_view>

namespace spaceframe::engine
{

/// Tells the host application what happens: an event for programs, a log line for people. [any], never under
/// a lock.
class Reporter
{
public:
    Reporter(Host& host, std::function<void(const Event&)> on_event);

    void report(const Event& event) noexcept;
    /// Inside a catch clause: a handler on that loop let this exception escape. It becomes a log line.
    void report_escape(std::size_t loop) noexcept;
    /// The same where there is no loop: `where` says whose handler it was.
    void report_escape(std::string_view where) noexcept;

    Host& host() noexcept
    {
        return host_;
    }

private:
    Host& host_;
    std::function<void(const Event&)> on_event_;
};

} // namespace spaceframe::engine
