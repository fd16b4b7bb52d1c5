#include "engine/reporter.hpp"

#include <fmt/format.h>

#include <chrono>
#include <exception>
#include <string>
#include <utility>

namespace spaceframe
{

std::string_view to_string(Event::Kind kind) noexcept
{
    switch (kind)
    {
    case Event::Kind::bound:
        return "bound";
    case Event::Kind::unbound:
        return "unbound";
    case Event::Kind::connecting:
        return "connecting";
    case Event::Kind::accepted:
        return "accepted";
    case Event::Kind::connected:
        return "connected";
    case Event::Kind::ready:
        return "ready";
    case Event::Kind::disconnected:
        return "disconnected";
    case Event::Kind::failed:
        return "failed";
    case Event::Kind::retrying:
        return "retrying";
    case Event::Kind::stopped:
        return "stopped";
    case Event::Kind::closed:
        return "closed";
    }
    return "unknown";
}

} // namespace spaceframe

namespace spaceframe::engine
{
namespace
{

LogLevel level_of(Event::Kind kind) noexcept
{
    switch (kind)
    {
    case Event::Kind::failed:
    case Event::Kind::stopped:
        return LogLevel::warning;
    case Event::Kind::connecting:
    case Event::Kind::accepted:
    case Event::Kind::connected:
        return LogLevel::debug;
    default:
        return LogLevel::info;
    }
}

std::string printable(std::string_view identity)
{
    std::string text;
    for (const char c : identity)
    {
        const auto byte = static_cast<unsigned char>(c);
        text += byte >= 0x20 && byte < 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
    }
    return text;
}

std::string line_of(const Event& event)
{
    std::string line = fmt::format("{} {} {}", event.socket, to_string(event.kind), event.endpoint);
    if (!event.peer.empty())
    {
        line += fmt::format(" peer {}", event.peer);
    }
    if (!event.identity.empty())
    {
        line += fmt::format(" identity {}", printable(event.identity));
    }
    if (event.kind == Event::Kind::retrying)
    {
        // The line before has the reason.
        line += fmt::format(" in {} ms",
                            std::chrono::duration_cast<std::chrono::milliseconds>(event.delay).count());
    }
    else if (event.error)
    {
        line += fmt::format(": {}", event.reason.empty() ? event.error.message() : std::string(event.reason));
    }
    return line;
}

std::string escape_line(std::string_view where, std::string_view what)
{
    return fmt::format(
        "{}: an exception escaped from a handler, which was left unfinished: {}; catch it in the "
        "completion handler, coroutine or plug-in that throws it (out of memory: lower "
        "high-water marks and budgets)",
        where, what);
}

/// Inside a catch clause: logs the line that `format` makes of what was caught.
template <class Format>
void write_caught(Host& host, Format format) noexcept
{
    try
    {
        try
        {
            throw;
        }
        catch (const std::exception& problem)
        {
            host.write_log(LogLevel::error, format(problem.what()));
        }
        catch (...)
        {
            host.write_log(LogLevel::error, format("an exception that is no std::exception"));
        }
    }
    catch (...)
    {
        host.write_log(LogLevel::error,
                       "a handler or a hook threw an exception, and there was no memory to say which");
    }
}

} // namespace

Reporter::Reporter(Host& host, std::function<void(const Event&)> on_event)
    : host_(host)
    , on_event_(std::move(on_event))
{}

void Reporter::report(const Event& event) noexcept
{
    try
    {
        host_.write_log(level_of(event.kind), line_of(event));
    }
    catch (...)
    {
        host_.write_log(LogLevel::error, "an event has no log line: there was no memory for it");
    }
    if (!on_event_)
    {
        return;
    }
    try
    {
        host_.gate().pass(
            [&]
            {
                on_event_(event);
            });
    }
    catch (...)
    {
        write_caught(host_,
                     [&](std::string_view what)
                     {
                         return fmt::format(
                             "the event hook threw when it was told \"{} {} {}\": {}; catch it "
                             "inside the hook, which must not throw",
                             event.socket, to_string(event.kind), event.endpoint, what);
                     });
    }
}

void Reporter::report_escape(std::size_t loop) noexcept
{
    write_caught(host_,
                 [loop](std::string_view what)
                 {
                     return escape_line(fmt::format("loop {}", loop), what);
                 });
}

void Reporter::report_escape(std::string_view where) noexcept
{
    write_caught(host_,
                 [where](std::string_view what)
                 {
                     return escape_line(where, what);
                 });
}

} // namespace spaceframe::engine
