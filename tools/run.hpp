#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace tool
{

struct RunOptions
{
    std::string file;
    std::optional<std::chrono::nanoseconds> duration; ///< how long; until a signal when nothing is given
    std::chrono::nanoseconds close_within{0};         ///< for messages that were not sent at the end
    std::string summary;  ///< a file that receives the final summary as JSON; empty: none
    bool verbose = false; ///< log what is of use to developers, too
};

/// `run FILE`: runs the manifest until the time has passed, or SIGINT or SIGTERM came; then closes and prints
/// a summary of each socket, as it does meanwhile for each SIGUSR1. A second signal ends the wait for unsent
/// messages, a third the process. The log goes to stdout as it happens, warnings and errors to stderr, each
/// line with its time. The file for the summary is opened, and emptied, before anything starts. Throws
/// ManifestError, boost::system::system_error and std::runtime_error.
void run(const RunOptions& options);

} // namespace tool
