#include "run.hpp"

#include "commands.hpp"
#include "stop_signals.hpp"
#include "summary.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace tool
{
namespace
{

// How long the end waits for messages that were not sent yet.
constexpr std::chrono::seconds closing_time{5};

void log_line(std::FILE* stream, std::string_view text)
{
    fmt::print(stream, "{}\n", text);
    std::fflush(stream);
}

void log_kernel(spaceframe::LogLevel level, std::string_view line)
{
    using enum spaceframe::LogLevel;
    if (level == warning || level == error)
    {
        log_line(stderr, fmt::format("{}: {}", level == error ? "error" : "warning", line));
    }
    else if (level == info)
    {
        log_line(stdout, line);
    }
}

std::string describe(const spaceframe::Event& event)
{
    std::string text =
        fmt::format("{} {} {}", event.socket, spaceframe::to_string(event.kind), event.endpoint);
    if (!event.peer.empty() && event.peer != event.endpoint)
    {
        text += fmt::format(" peer {}", event.peer);
    }
    if (!event.reason.empty())
    {
        text += fmt::format(": {}", event.reason);
    }
    if (event.kind == spaceframe::Event::Kind::retrying)
    {
        text +=
            fmt::format(", again in {}", std::chrono::duration_cast<std::chrono::milliseconds>(event.delay));
    }
    return text;
}

// A server may have thousands of peers that come and go.
bool is_about_one_peer(const spaceframe::Event& event)
{
    using enum spaceframe::Event::Kind;
    return event.kind == accepted || event.kind == ready || event.kind == disconnected;
}

void write_summary(const std::string& file, const std::vector<spaceframe::Socket>& sockets)
{
    std::ofstream stream(file);
    stream << summary_json(sockets) << std::flush;
    if (!stream)
    {
        throw std::runtime_error(fmt::format("the summary cannot be written to {}", file));
    }
}

} // namespace

void run(const RunOptions& options)
{
    const auto manifest = spaceframe::Manifest::load(options.file);
    print_warnings(manifest);

    block_stop_signals();
    spaceframe::KernelOptions kernel_options;
    kernel_options.log = &log_kernel;
    kernel_options.on_event = [verbose = options.verbose](const spaceframe::Event& event)
    {
        if (verbose || !is_about_one_peer(event))
        {
            log_line(stdout, describe(event));
        }
    };
    spaceframe::Kernel kernel(manifest, std::move(kernel_options));
    const StopSignals signals(
        [&kernel](int signal)
        {
            log_line(stdout, fmt::format("stopping: {}", signal == SIGINT ? "SIGINT" : "SIGTERM"));
            kernel.stop();
        });
    kernel.start();
    options.duration ? kernel.run_for(*options.duration) : kernel.run();

    const auto sockets = kernel.sockets();
    const auto report = kernel.close(closing_time);
    if (report.discarded > 0 || report.undelivered > 0)
    {
        log_line(stderr,
                 fmt::format(
                     "warning: closing discarded {} messages that were not sent and {} that nobody received",
                     report.discarded, report.undelivered));
    }
    log_line(stdout, summary_table(sockets));
    if (!options.summary.empty())
    {
        write_summary(options.summary, sockets);
    }
}

} // namespace tool
