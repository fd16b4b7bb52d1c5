#pragma once

#include <spaceframe/config.hpp>
#include <spaceframe/error.hpp>
#include <spaceframe/event.hpp>
#include <spaceframe/ledger.hpp>
#include <spaceframe/socket.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe
{

namespace engine
{
class KernelCore;
}

class Contexts;
class Manifest;

enum class LogLevel
{
    debug,
    info,
    warning,
    error
};

struct KernelOptions
{
    /// Receives log lines. Called from any thread, several at once, never under a lock of the kernel; must
    /// not throw (a line at which it does goes to stderr). Default: warnings and errors go to stderr.
    std::function<void(LogLevel level, std::string_view line)> log;
    /// Receives events, in order for each connection, on the loop of the connection. The views are valid for
    /// the call. Must not block or throw; what it throws is logged.
    std::function<void(const Event& event)> on_event;
};

/// The kernel: sockets, proxies, loops and plug-ins as a manifest describes them. All functions may be called
/// from any thread.
///
/// With `threads N` it owns N threads; with `threads 0` none: whoever waits in a call drives, one thread at a
/// time, and the others inherit the driver's seat. On the host's own contexts the host drives.
class SPACEFRAME_API Kernel
{
public:
    /// Builds sockets and policies; opens nothing yet. Throws boost::system::system_error, also when the
    /// plug-in of a policy refuses its options; the text names the place in the manifest then.
    explicit Kernel(const Manifest& manifest, KernelOptions options = {});
    /// The same on the host's own contexts, which drive it (embedding.hpp). Throws errc::incompatible_boost
    /// when the host was compiled with another Boost than the library, and errc::invalid_argument for a
    /// manifest that gives `threads`, as the kernel has none.
    Kernel(const Contexts& contexts, const Manifest& manifest, KernelOptions options = {});
    Kernel(const Kernel&) = delete;
    Kernel& operator=(const Kernel&) = delete;
    /// As close(0 s); where that discards messages and close() was not called, a warning of the log says how
    /// many (or more). On one of the kernel's own loops, where nothing may wait, a thread of its own does it
    /// and ends. On a host's contexts it waits for nothing, and no hook is called any more when it returns.
    ~Kernel();

    /// Starts the threads, binds and connects every endpoint in the manifest's order, and starts the proxies.
    /// Throws boost::system::system_error whose text names the endpoint; what was opened before is closed
    /// then. A second call has no effect; after close() it fails with errc::terminated.
    void start();

    /// The socket of that name; throws boost::system::system_error (errc::invalid_argument) that lists the
    /// names there are.
    Socket socket(std::string_view name);
    std::vector<Socket> sockets();

    /// The budget that all sockets share (`backpressure` of the manifest's `kernel`); no limit where there is
    /// none.
    BudgetState budget() const;

    /// Drives the loop (`threads 0`), or just waits (`threads N`), until the time has passed or stop() was
    /// called. Throws errc::would_deadlock on a thread that drives the kernel, as close() does.
    void run_for(std::chrono::nanoseconds duration);
    void run();
    /// Ends every run() and run_for() under way, or the next one if there is none.
    void stop();

    /// Stops listening; writes what is queued, for which it still dials, until `deadline` has passed; then
    /// closes. What nobody can come for, because no
    /// peer is there and no endpoint dials, is not waited for. Waiting calls, and later ones, fail with
    /// errc::terminated. A socket's `linger` may end its
    /// part of the wait earlier. May be called twice, and by several threads at once: the first whose wait
    /// ends closes, and all get the same report. Throws errc::would_deadlock on a thread that drives the
    /// kernel: on its loops, and where a host's context runs.
    CloseReport close(std::chrono::nanoseconds deadline);

private:
    std::shared_ptr<engine::KernelCore> core_;
};

} // namespace spaceframe
