#include "run.hpp"

#include "commands.hpp"
#include "stop_signals.hpp"
#include "summary.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>

namespace tool
{
namespace
{

const char* name_of(int signal)
{
    return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

// A log that cannot be written is no reason to stop.
void log_line(std::FILE* stream, std::string_view text)
{
    const std::string line = std::string(text) + '\n';
    std::fwrite(line.data(), 1, line.size(), stream);
    std::fflush(stream);
}

// The kernel's own log has a line for every event; at its usual level it leaves out what concerns one peer
// before its handshake.
spaceframe::KernelOptions logging(bool verbose)
{
    spaceframe::KernelOptions options;
    options.log = [verbose](spaceframe::LogLevel level, std::string_view line)
    {
        using enum spaceframe::LogLevel;
        if (level == warning || level == error)
        {
            log_line(stderr, fmt::format("{}: {}", level == error ? "error" : "warning", line));
        }
        else if (level == info || verbose)
        {
            log_line(stdout, line);
        }
    };
    options.on_event = [verbose](const spaceframe::Event& event)
    {
        if (event.kind == spaceframe::Event::Kind::connected && !verbose)
        {
            log_line(stdout, fmt::format("{} connected {}", event.socket, event.endpoint));
        }
    };
    return options;
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
    const auto made = make_kernel(manifest, logging(options.verbose));
    spaceframe::Kernel& kernel = *made;
    const StopSignals signals(
        [&kernel](int signal)
        {
            log_line(stdout, fmt::format("stopping: {}", name_of(signal)));
            kernel.stop();
        },
        [&kernel](int signal)
        {
            log_line(stdout, fmt::format("closing at once: {}", name_of(signal)));
            kernel.close(std::chrono::nanoseconds::zero());
        });
    kernel.start();
    options.duration ? kernel.run_for(*options.duration) : kernel.run();

    const auto sockets = kernel.sockets();
    const auto report = kernel.close(options.close_within);
    if (report.discarded > 0 || report.undelivered > 0)
    {
        log_line(stderr,
                 fmt::format(
                     "warning: closing discarded {} messages that were not sent and {} that nobody received",
                     report.discarded, report.undelivered));
    }
    log_line(stdout, summary_table(sockets, kernel.budget()));
    if (!options.summary.empty())
    {
        write_summary(options.summary, sockets);
    }
}

} // namespace tool
