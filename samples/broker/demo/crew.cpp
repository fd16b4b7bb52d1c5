#include "crew.hpp"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace broker_demo
{
namespace
{

using Clock = sample::Child::Clock;
constexpr std::chrono::seconds time_to_end{10};

[[noreturn]] void fail_about(const sample::Child& process, const std::string& what)
{
    throw std::runtime_error(fmt::format("{} {}; its last lines:\n    {}", process.name(), what,
                                         fmt::join(process.recent_lines(), "\n    ")));
}

} // namespace

Crew::Crew()
{
    sigset_t wanted;
    ::sigemptyset(&wanted);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
    {
        ::sigaddset(&wanted, number);
    }
    ::pthread_sigmask(SIG_BLOCK, &wanted, nullptr);
    signals_ = ::signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals_ < 0)
    {
        throw std::system_error(errno, std::system_category(), "cannot watch signals");
    }
}

Crew::~Crew()
{
    ::close(signals_);
}

Crew::Member& Crew::start(std::string name, std::vector<std::string> arguments,
                          const sample::Child::Environment& environment, OnLine on_line)
{
    auto process = std::make_unique<sample::Child>(std::move(name), std::move(arguments), environment);
    return members_.emplace_back(Member{std::move(process), std::move(on_line)});
}

void Crew::forget(Member& member)
{
    members_.remove_if(
        [&](const Member& candidate)
        {
            return &candidate == &member;
        });
}

void Crew::kill(Member& member)
{
    member.process->kill();
    forget(member);
}

int Crew::finish(Member& member)
{
    member.may_end = true;
    const std::string name = member.process->name();
    const auto ended = [&]
    {
        return member.process->output() < 0;
    };
    wait_until(ended, time_to_end, "the end of " + name);
    const std::optional<int> code = member.process->wait(Clock::now() + time_to_end);
    if (!code)
    {
        fail_about(*member.process, "closed its output but did not end");
    }
    forget(member);
    return *code;
}

int Crew::end_with_signal(Member& member, int number)
{
    member.process->signal(number);
    return finish(member);
}

int Crew::end_with_line(Member& member, std::string_view line)
{
    member.process->write_line(line);
    return finish(member);
}

void Crew::watch(int descriptor, std::function<void()> react)
{
    watches_.push_back({descriptor, std::move(react)});
}

void Crew::wait_until(const std::function<bool()>& done, std::chrono::seconds limit, std::string_view what)
{
    const auto deadline = Clock::now() + limit;
    while (!done())
    {
        if (Clock::now() >= deadline)
        {
            std::string report = fmt::format("waited {} s in vain for {}", limit.count(), what);
            for (const Member& member : members_)
            {
                const auto& lines = member.process->recent_lines();
                report += fmt::format("\n    {}: {}", member.process->name(),
                                      lines.empty() ? "(silent)" : lines.back());
            }
            throw std::runtime_error(report);
        }
        handle_events(deadline);
    }
}

void Crew::handle_events(Clock::time_point deadline)
{
    std::vector<pollfd> entries{{signals_, POLLIN, 0}};
    for (const Watch& watch : watches_)
    {
        entries.push_back({watch.descriptor, POLLIN, 0});
    }
    for (const Member& member : members_)
    {
        entries.push_back({member.process->output(), POLLIN, 0}); // poll ignores -1
    }
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (::poll(entries.data(), entries.size(),
               static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000))) < 0 &&
        errno != EINTR)
    {
        throw std::system_error(errno, std::system_category(), "cannot wait for events");
    }
    check_signals();
    for (std::size_t index = 0; index < watches_.size(); ++index)
    {
        if (entries[index + 1].revents != 0)
        {
            watches_[index].react();
        }
    }
    for (Member& member : members_)
    {
        read_lines(member);
    }
}

void Crew::check_signals() const
{
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) == sizeof info)
    {
        throw std::runtime_error(fmt::format("interrupted by signal {}", info.ssi_signo));
    }
}

void Crew::read_lines(Member& member)
{
    while (const auto line = member.process->poll_line())
    {
        member.on_line(*line);
    }
    if (member.process->output() < 0 && !member.may_end)
    {
        const auto code = member.process->wait(Clock::now() + time_to_end);
        fail_about(*member.process, fmt::format("ended unexpectedly with {}", code.value_or(-1)));
    }
}

} // namespace broker_demo
