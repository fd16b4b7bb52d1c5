#pragma once

#include <functional>
#include <thread>

namespace tool
{

/// Keeps SIGINT and SIGTERM from ending the process: blocks them in the calling thread and in those that it
/// starts afterwards. To be called before any thread is started.
void block_stop_signals();

/// Waits for the blocked signals on a thread of its own, as long as it lives. A second signal ends the
/// process as if nobody had waited.
class StopSignals
{
public:
    /// `on_signal` is called once, on the waiting thread; it must not throw.
    explicit StopSignals(std::function<void(int signal)> on_signal);
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

private:
    std::thread waiter_;
};

} // namespace tool
