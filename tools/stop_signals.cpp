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

// False when no signal came and the waiter's time is over.
bool wait_for_stop(int& signal)
{
    const sigset_t all = set_of({SIGINT, SIGTERM, wake_signal});
    sigwait(&all, &signal);
    return signal != wake_signal;
}

void wait(const StopSignals::Handler& on_first, const StopSignals::Handler& on_second)
{
    int signal = 0;
    if (!wait_for_stop(signal))
    {
        return;
    }
    on_first(signal);
    if (!wait_for_stop(signal))
    {
        return;
    }
    const sigset_t stops = set_of({SIGINT, SIGTERM});
    pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
    on_second(signal);
    const sigset_t wake = set_of({wake_signal});
    sigwait(&wake, &signal);
}

} // namespace

void block_stop_signals()
{
    const sigset_t signals = set_of({SIGINT, SIGTERM, wake_signal});
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

StopSignals::StopSignals(Handler on_first, Handler on_second)
    : waiter_(
          [on_first = std::move(on_first), on_second = std::move(on_second)]
          {
              wait(on_first, on_second);
          })
{}

StopSignals::~StopSignals()
{
    pthread_kill(waiter_.native_handle(), wake_signal);
    waiter_.join();
}

} // namespace tool
