#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <sys/types.h>

namespace sample
{

// A child process whose standard input we write and whose standard output and standard error we read as
// lines.
//
// It dies with us, however we end: the destructor kills and reaps it, and the kernel kills it when the thread
// that started it ends. It leads a process group of its own, so a Ctrl-C at the terminal reaches only us. One
// thread uses one object.
class Child
{
public:
    using Clock = std::chrono::steady_clock;
    using Environment = std::vector<std::pair<std::string, std::string>>;

    // Starts `arguments[0]` (a path, looked up in PATH when it has no slash) with `environment` added to
    // ours. Throws std::system_error when it cannot be started.
    Child(std::string name, std::vector<std::string> arguments, const Environment& environment = {});
    ~Child();

    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    const std::string& name() const
    {
        return name_;
    }

    pid_t id() const
    {
        return pid_;
    }

    // Readable when there is output, or when the child has closed it. -1 once the end was read.
    int output() const
    {
        return output_;
    }

    // Reads what is there without waiting, and takes the next whole line if there is one.
    std::optional<std::string> poll_line();

    // The next line; nothing when the output has ended or `deadline` has passed.
    std::optional<std::string> read_line(Clock::time_point deadline);

    // Sends a line to the child's standard input. A child that has gone is no error: its exit tells.
    void write_line(std::string_view line);

    // Sends a signal, to the child alone. Nothing happens when it was reaped already.
    void signal(int number);

    // Waits for the end: the exit code, or 128 + the number of the signal that ended it; nothing when it
    // still runs at `deadline`.
    std::optional<int> wait(Clock::time_point deadline);

    // Kills the child, if it lives, and reaps it.
    void kill();

    // The last lines of output, for reports of failure.
    const std::vector<std::string>& recent_lines() const
    {
        return recent_;
    }

private:
    void read_available();
    std::optional<std::string> take_line();
    void reap();

    std::string name_;
    pid_t pid_ = -1;
    int process_ = -1; // pidfd
    int input_ = -1;
    int output_ = -1;
    std::string buffer_;
    std::vector<std::string> recent_;
    std::optional<int> exit_;
};

} // namespace sample
