#include "program.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char** environ;

namespace command_line
{
namespace
{

constexpr int patience_ms = 30000;

std::array<int, 2> make_pipe()
{
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0)
    {
        throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    return ends;
}

std::vector<std::string> merged_environment(const std::map<std::string, std::string>& extra)
{
    std::vector<std::string> result;
    for (char** entry = environ; *entry != nullptr; ++entry)
    {
        const std::string_view text(*entry);
        if (!extra.contains(std::string(text.substr(0, text.find('=')))))
        {
            result.emplace_back(text);
        }
    }
    for (const auto& [name, value] : extra)
    {
        result.push_back(name + "=" + value);
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

// False at the end of the stream.
bool append(int descriptor, std::string& text)
{
    std::array<char, 4096> buffer;
    const ssize_t count = read(descriptor, buffer.data(), buffer.size());
    if (count > 0)
    {
        text.append(buffer.data(), static_cast<std::size_t>(count));
    }
    return count > 0;
}

} // namespace

Program::Program(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment)
{
    const auto out = make_pipe();
    const auto err = make_pipe();
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    arguments.insert(arguments.begin(), SPACEFRAME_PROGRAM);
    auto variables = merged_environment(environment);
    const int error = posix_spawn(&process_, SPACEFRAME_PROGRAM, &actions, nullptr,
                                  pointers(arguments).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    out_ = out[0];
    err_ = err[0];
    if (error != 0)
    {
        process_ = -1;
        throw std::system_error(error, std::generic_category(), SPACEFRAME_PROGRAM);
    }
}

Program::~Program()
{
    if (process_ > 0)
    {
        kill(process_, SIGKILL);
        waitpid(process_, nullptr, 0);
    }
    for (const int descriptor : {out_, err_})
    {
        if (descriptor >= 0)
        {
            close(descriptor);
        }
    }
}

std::string Program::wait_for(std::string_view text)
{
    std::size_t from = 0;
    for (;;)
    {
        for (std::size_t end = result_.out.find('\n', from); end != std::string::npos;
             end = result_.out.find('\n', from))
        {
            std::string line = result_.out.substr(from, end - from);
            from = end + 1;
            if (line.find(text) != std::string::npos)
            {
                return line;
            }
        }
        if (!read_more())
        {
            throw std::runtime_error("the program ended without \"" + std::string(text) + "\":\n" +
                                     result_.out + result_.err);
        }
    }
}

void Program::send(int signal) const
{
    REQUIRE(kill(process_, signal) == 0);
}

Result Program::finish()
{
    while (read_more())
    {}
    int status = 0;
    REQUIRE(waitpid(process_, &status, 0) == process_);
    process_ = -1;
    result_.code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    return result_;
}

bool Program::read_more()
{
    std::array<pollfd, 2> streams{pollfd{out_, POLLIN, 0}, pollfd{err_, POLLIN, 0}};
    if (out_ < 0 && err_ < 0)
    {
        return false;
    }
    if (poll(streams.data(), streams.size(), patience_ms) <= 0)
    {
        throw std::runtime_error("the program is silent for too long:\n" + result_.out + result_.err);
    }
    if (streams[0].revents != 0 && !append(out_, result_.out))
    {
        close(out_);
        out_ = -1;
    }
    if (streams[1].revents != 0 && !append(err_, result_.err))
    {
        close(err_);
        err_ = -1;
    }
    return true;
}

Result run(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment)
{
    return Program(std::move(arguments), environment).finish();
}

Folder::Folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "spaceframe-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path_ = name;
}

Folder::~Folder()
{
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

const std::filesystem::path& Folder::path() const
{
    return path_;
}

std::string Folder::write(const std::string& name, std::string_view text) const
{
    const auto file = path_ / name;
    std::ofstream(file, std::ios::binary) << text;
    return file.string();
}

} // namespace command_line
