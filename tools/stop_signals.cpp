#include "stop_signals.hpp"

#include <initializer_list>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace tool
{
namespace
{

// Tells the waiter that its time is over.
constexpr int wake_signal = SIGUSR1;

sigset_t set_of(std::initializer_list<int> signals)
{
    sigset_t set;
    sigemptyset(&set);
    for (const int signal : signals)
    {
        sigaddset(&set, signal);
    }
    return set;
}

void wait(const std::function<void(int signal)>& on_signal)
{
    const sigset_t all = set_of({SIGINT, SIGTERM, wake_signal});
    int signal = 0;
    sigwait(&all, &signal);
    if (signal == wake_signal)
    {
        return;
    }
    on_signal(signal);
    const sigset_t stops = set_of({SIGINT, SIGTERM});
    pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
    const sigset_t wake = set_of({wake_signal});
    sigwait(&wake, &signal);
}

} // namespace

void block_stop_signals()
{
    const sigset_t signals = set_of({SIGINT, SIGTERM, wake_signal});
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::StopSignals(std::function<void(int signal)> on_signal)
    : waiter_(
          [on_signal = std::move(on_signal)]
          {
              wait(on_signal);
          })
{}

StopSignals::~StopSignals()
{
    pthread_kill(waiter_.native_handle(), wake_signal);
    waiter_.join();
}

} // namespace tool
