#include "child.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

extern "C" // glibc 2.36 forgot this in the header
{
#include <sys/pidfd.h>
}

namespace sample
{
namespace
{

constexpr std::size_t recent_lines_kept = 40;

void close_once(int& descriptor)
{
    if (descriptor >= 0)
    {
        ::close(descriptor);
        descriptor = -1;
    }
}

[[noreturn]] void fail(const std::string& what, int code)
{
    throw std::system_error(code, std::system_category(), what);
}

struct Pipe
{
    int read = -1;
    int write = -1;

    Pipe()
    {
        std::array<int, 2> ends{};
        if (::pipe2(ends.data(), O_CLOEXEC) != 0)
        {
            fail("cannot make a pipe for a child process", errno);
        }
        read = ends[0];
        write = ends[1];
    }

    ~Pipe()
    {
        close_once(read);
        close_once(write);
    }

    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;
};

std::vector<std::string> merged_environment(const Child::Environment& additions)
{
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry)
    {
        const std::string_view text(*entry);
        const bool replaced = std::ranges::any_of(additions,
                                                  [&](const auto& addition)
                                                  {
                                                      return text.starts_with(addition.first + "=");
                                                  });
        if (!replaced)
        {
            result.emplace_back(text);
        }
    }
    for (const auto& [key, value] : additions)
    {
        result.push_back(key + "=" + value);
    }
    return result;
}

std::vector<char*> pointers(std::vector<std::string>& texts)
{
    std::vector<char*> result;
    for (std::string& text : texts)
    {
        result.push_back(text.data());
    }
    result.push_back(nullptr);
    return result;
}

// Runs between fork and exec: async-signal-safe calls only. Reports errno through `trouble`.
[[noreturn]] void become(char* const* arguments, char* const* environment, int input, int output, int trouble,
                         pid_t parent)
{
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent)
    {
        ::_exit(127);
    }
    sigset_t none;
    ::sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(input, STDIN_FILENO);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
    // Nothing else of ours is the child's, not even what a library opened without saying so.
    ::close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
    ::execvpe(arguments[0], arguments, environment);
    const int code = errno;
    [[maybe_unused]] const auto written = ::write(trouble, &code, sizeof code);
    ::_exit(127);
}

int milliseconds_until(Child::Clock::time_point deadline)
{
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Child::Clock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000));
}

// True when `descriptor` became readable before the deadline.
bool wait_readable(int descriptor, Child::Clock::time_point deadline)
{
    pollfd entry{descriptor, POLLIN, 0};
    for (;;)
    {
        const int count = ::poll(&entry, 1, milliseconds_until(deadline));
        if (count >= 0)
        {
            return count > 0;
        }
        if (errno != EINTR)
        {
            fail("cannot wait for a child process", errno);
        }
    }
}

} // namespace

Child::Child(std::string name, std::vector<std::string> arguments, const Environment& environment)
    : name_(std::move(name))
{
    std::vector<std::string> settings = merged_environment(environment);
    const std::vector<char*> argument_list = pointers(arguments);
    const std::vector<char*> environment_list = pointers(settings);
    Pipe input;
    Pipe output;
    Pipe trouble;

    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0)
    {
        fail("cannot start " + name_, errno);
    }
    if (pid_ == 0)
    {
        become(argument_list.data(), environment_list.data(), input.read, output.write, trouble.write,
               parent);
    }
    close_once(trouble.write);
    int code = 0;
    if (::read(trouble.read, &code, sizeof code) == sizeof code)
    {
        ::waitpid(pid_, nullptr, 0);
        fail("cannot start " + name_ + " (" + arguments[0] + ")", code);
    }
    process_ = ::pidfd_open(pid_, 0);
    if (process_ < 0)
    {
        const int reason = errno;
        ::kill(pid_, SIGKILL);
        ::waitpid(pid_, nullptr, 0);
        fail("cannot watch " + name_, reason);
    }
    input_ = std::exchange(input.write, -1);
    output_ = std::exchange(output.read, -1);
    ::fcntl(output_, F_SETFL, O_NONBLOCK);
}

Child::~Child()
{
    kill();
    close_once(input_);
    close_once(output_);
    close_once(process_);
}

void Child::read_available()
{
    std::array<char, 16384> chunk{};
    while (output_ >= 0)
    {
        const ssize_t count = ::read(output_, chunk.data(), chunk.size());
        if (count > 0)
        {
            buffer_.append(chunk.data(), static_cast<std::size_t>(count));
        }
        else if (count == 0 || (errno != EAGAIN && errno != EINTR))
        {
            close_once(output_);
        }
        else if (errno == EAGAIN)
        {
            return;
        }
    }
}

std::optional<std::string> Child::take_line()
{
    const std::size_t end = buffer_.find('\n');
    if (end == std::string::npos && (output_ >= 0 || buffer_.empty()))
    {
        return std::nullopt;
    }
    std::string line = buffer_.substr(0, end);
    buffer_.erase(0, end == std::string::npos ? end : end + 1);
    if (recent_.size() == recent_lines_kept)
    {
        recent_.erase(recent_.begin());
    }
    recent_.push_back(line);
    return line;
}

std::optional<std::string> Child::poll_line()
{
    if (auto line = take_line())
    {
        return line;
    }
    read_available();
    return take_line();
}

std::optional<std::string> Child::read_line(Clock::time_point deadline)
{
    for (;;)
    {
        if (auto line = poll_line())
        {
            return line;
        }
        if (output_ < 0 || !wait_readable(output_, deadline))
        {
            return std::nullopt;
        }
    }
}

void Child::write_line(std::string_view line)
{
    std::string text(line);
    text += '\n';
    // A pipe takes such a short line whole or not at all; SIGPIPE must not end us when the child is gone.
    sigset_t pipe_signal;
    sigset_t before;
    ::sigemptyset(&pipe_signal);
    ::sigaddset(&pipe_signal, SIGPIPE);
    ::pthread_sigmask(SIG_BLOCK, &pipe_signal, &before);
    const bool broken = ::write(input_, text.data(), text.size()) < 0 && errno == EPIPE;
    if (broken)
    {
        const timespec at_once{};
        ::sigtimedwait(&pipe_signal, nullptr, &at_once);
    }
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Child::signal(int number)
{
    if (!exit_)
    {
        ::kill(pid_, number);
    }
}

std::optional<int> Child::wait(Clock::time_point deadline)
{
    if (!exit_ && wait_readable(process_, deadline))
    {
        reap();
    }
    return exit_;
}

void Child::kill()
{
    if (!exit_)
    {
        ::kill(pid_, SIGKILL);
        reap();
    }
}

void Child::reap()
{
    int status = 0;
    pid_t result = 0;
    do
    {
        result = ::waitpid(pid_, &status, 0);
    }
    while (result < 0 && errno == EINTR);
    exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

} // namespace sample
