#include "signals.hpp"

#include <cstdio>
#include <initializer_list>
#include <new>
#include <stop_token>
#include <utility>

#include <pthread.h>
#include <signal.h>

namespace tool
{
namespace
{

// Also wakes the waiter when its time is over.
constexpr int question_signal = SIGUSR1;

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

void wait(const std::stop_token& over, const Signals::Handlers& handlers)
{
    const sigset_t stops = set_of({SIGINT, SIGTERM});
    sigset_t awaited = set_of({SIGINT, SIGTERM, question_signal});
    bool stopped = false;
    for (;;)
    {
        int signal = 0;
        sigwait(&awaited, &signal);
        if (over.stop_requested())
        {
            return;
        }
        if (signal == question_signal)
        {
            try
            {
                handlers.question();
            }
            catch (const std::bad_alloc&)
            {
                std::fputs("warning: there was no memory to answer SIGUSR1; ask again\n", stderr);
            }
        }
        else if (!std::exchange(stopped, true))
        {
            handlers.first_stop(signal);
        }
        else
        {
            awaited = set_of({question_signal});
            pthread_sigmask(SIG_UNBLOCK, &stops, nullptr);
            handlers.second_stop(signal);
        }
    }
}

} // namespace

void block_signals()
{
    const sigset_t signals = set_of({SIGINT, SIGTERM, question_signal});
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
}

Signals::Signals(Handlers handlers)
    : waiter_(
          [handlers = std::move(handlers)](const std::stop_token& over)
          {
              wait(over, handlers);
          })
{}

Signals::~Signals()
{
    waiter_.request_stop();
    pthread_kill(waiter_.native_handle(), question_signal);
}

} // namespace tool
