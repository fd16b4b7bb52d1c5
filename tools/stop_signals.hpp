#pragma once

#include <functional>
#include <thread>

namespace tool
{

/// Keeps SIGINT and SIGTERM from ending the process: blocks them in the calling thread and in those that it
/// starts afterwards. To be called before any thread is started.
void block_stop_signals();

/// Waits for the blocked signals on a thread of its own, as long as it lives. A third signal, which may come
/// while the second is handled, ends the process as if nobody had waited.
class StopSignals
{
public:
    using Handler = std::function<void(int signal)>;

    /// Each handler is called at most once, on the waiting thread; they must not throw.
    StopSignals(Handler on_first, Handler on_second);
    StopSignals(const StopSignals&) = delete;
    StopSignals& operator=(const StopSignals&) = delete;
    ~StopSignals();

private:
    std::thread waiter_;
};

} // namespace tool
