// Runs the tests in namespaces of their own. Where the system does not let us have any, they are skipped:
// exit code 77, and a line that says why.
#define DOCTEST_CONFIG_IMPLEMENT
#include "two_hosts.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <filesystem>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace
{

constexpr int skipped = 77;
constexpr const char* mark = "SPACEFRAME_TEST_IS_IN_NAMESPACES";

using Words = std::vector<std::string>;

// As root first, which maps no users, and then as anybody may.
const std::array<Words, 2> ways{
    {{"unshare", "--net", "--mount"}, {"unshare", "--user", "--map-root-user", "--net", "--mount"}}};

std::vector<char*> pointers(Words& words)
{
    std::vector<char*> result;
    for (std::string& word : words)
    {
        result.push_back(word.data());
    }
    result.push_back(nullptr);
    return result;
}

// Empty when the command succeeds, otherwise why it does not.
std::string problem_with(Words command)
{
    pid_t child = -1;
    if (const int error =
            ::posix_spawnp(&child, command[0].c_str(), nullptr, nullptr, pointers(command).data(), environ);
        error != 0)
    {
        return command[0] + ": " + std::strerror(error);
    }
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR)
    {}
    return status == 0 ? "" : "`unshare --net` is refused";
}

int skip(const std::string& reason)
{
    std::printf("skipped: no network namespaces here: %s\n", reason.c_str());
    return skipped;
}

// Ends this program with the same one in namespaces; returns when that cannot be.
int begin_again(int argc, char** argv)
{
    std::string problem;
    for (const Words& way : ways)
    {
        Words probe = way;
        probe.emplace_back("true");
        problem = problem_with(probe);
        if (problem.empty())
        {
            Words command = way;
            command.push_back(std::filesystem::read_symlink("/proc/self/exe"));
            command.insert(command.end(), argv + 1, argv + argc);
            ::setenv(mark, "1", 1);
            ::execvp(command[0].c_str(), pointers(command).data());
            problem = std::strerror(errno);
        }
    }
    return skip(problem);
}

} // namespace

int main(int argc, char** argv)
{
    const bool lists = std::any_of(argv, argv + argc,
                                   [](const char* argument)
                                   {
                                       return std::strstr(argument, "list-test-cases") != nullptr;
                                   });
    if (!lists && std::getenv(mark) == nullptr)
    {
        return begin_again(argc, argv);
    }
    if (!lists)
    {
        try
        {
            const spaceframe::testing::TwoHosts hosts(0);
            const spaceframe::testing::HostsFile names;
        }
        catch (const std::exception& problem)
        {
            return skip(problem.what());
        }
    }
    return doctest::Context(argc, argv).run();
}
