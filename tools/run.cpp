#include "run.hpp"

#include "commands.hpp"
#include "signals.hpp"
#include "summary.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <vector>

namespace tool
{
namespace
{

const char* name_of(int signal)
{
    return signal == SIGINT ? "SIGINT" : "SIGTERM";
}

// Output that cannot be written is no reason to stop.
void print(std::FILE* stream, std::string_view text)
{
    std::fwrite(text.data(), 1, text.size(), stream);
    std::fflush(stream);
}

void log_line(std::FILE* stream, std::string_view text)
{
    const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto second = std::chrono::floor<std::chrono::seconds>(now);
    print(stream, fmt::format("{:%FT%T}.{:03}Z {}\n", second, (now - second).count(), text));
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

[[noreturn]] void refuse_summary(const std::string& file, int reason)
{
    throw std::runtime_error(fmt::format("the summary cannot be written to {}: {}", file,
                                         std::generic_category().message(reason != 0 ? reason : EIO)));
}

// Empties the file; nothing is open where no file is wanted.
std::ofstream open_summary(const std::string& file)
{
    std::ofstream stream;
    errno = 0;
    if (!file.empty() && (stream.open(file), !stream))
    {
        refuse_summary(file, errno);
    }
    return stream;
}

} // namespace

void run(const RunOptions& options)
{
    block_signals();
    const auto manifest = spaceframe::Manifest::load(options.file);
    for (const std::string& warning : manifest.warnings())
    {
        log_line(stderr, "warning: " + warning);
    }

    const auto made = make_kernel(manifest, logging(options.verbose));
    spaceframe::Kernel& kernel = *made;
    std::ofstream summary = open_summary(options.summary);
    const auto sockets = kernel.sockets();
    const Signals signals({
        .first_stop =
            [&kernel](int signal)
        {
            log_line(stdout, fmt::format("stopping: {}", name_of(signal)));
            kernel.stop();
        },
        .second_stop =
            [&kernel](int signal)
        {
            log_line(stdout, fmt::format("closing at once: {}", name_of(signal)));
            kernel.close(std::chrono::nanoseconds::zero());
        },
        .question =
            [&kernel, &sockets]
        {
            log_line(stdout, "so far: SIGUSR1");
            print(stdout, summary_table(sockets, kernel.budget()));
        },
    });
    kernel.start();
    options.duration ? kernel.run_for(*options.duration) : kernel.run();

    const auto report = kernel.close(options.close_within);
    if (report.discarded > 0 || report.undelivered > 0)
    {
        log_line(stderr,
                 fmt::format(
                     "warning: closing discarded {} messages that were not sent and {} that nobody received",
                     report.discarded, report.undelivered));
    }
    print(stdout, summary_table(sockets, kernel.budget()));
    if (!options.summary.empty())
    {
        errno = 0;
        if (!(summary << summary_json(sockets, kernel.budget()) << std::flush))
        {
            refuse_summary(options.summary, errno);
        }
    }
}

} // namespace tool
