#pragma once

#include <functional>
#include <thread>

namespace tool
{

/// Keeps SIGINT, SIGTERM and SIGUSR1 from ending the process: blocks them in the calling thread and in those
/// that it starts afterwards. To be called before any thread is started.
void block_signals();

/// Waits for the blocked signals on a thread of its own, as long as it lives. A third SIGINT or SIGTERM,
/// which may come while the second is handled, ends the process as if nobody had waited.
class Signals
{
public:
    /// What is called on the waiting thread, one at a time; none may throw, but `question` std::bad_alloc.
    struct Handlers
    {
        std::function<void(int signal)> first_stop;  ///< SIGINT or SIGTERM; at most once
        std::function<void(int signal)> second_stop; ///< at most once
        std::function<void()> question;              ///< SIGUSR1
    };

    explicit Signals(Handlers handlers);
    Signals(const Signals&) = delete;
    Signals& operator=(const Signals&) = delete;
    ~Signals();

private:
    std::jthread waiter_;
};

} // namespace tool
