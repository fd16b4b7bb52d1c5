#pragma once

#include <support/child.hpp>

#include <chrono>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace interop
{

// An interop-peer: a socket of libzmq, or of another library, in a process of its own, which ends with this
// object.
class PeerProcess
{
public:
    static constexpr std::chrono::seconds limit{60};

    using Program = std::vector<std::string>;

    // `arguments` as interop_peer.cpp describes them; `program` is another one that understands them.
    explicit PeerProcess(const std::vector<std::string>& arguments, Program program = {INTEROP_PEER})
        : child_("interop-peer", with_arguments(std::move(program), arguments))
    {}

    // The name and the version of the library that `program` plays with. Throws std::runtime_error when it
    // does not even say that.
    static std::string version(const Program& program)
    {
        PeerProcess peer({"--version"}, program);
        std::string line = peer.next_line();
        if (peer.child_.wait(sample::Child::Clock::now() + limit) != 0)
        {
            throw std::runtime_error("the peer does not run: " + line);
        }
        return line;
    }

    // The endpoint that it has bound; waits for it.
    std::string bound()
    {
        const std::string line = next_line();
        if (!line.starts_with("bound "))
        {
            throw std::runtime_error("the peer said '" + line + "' instead of what it bound");
        }
        return line.substr(6);
    }

    // Ends the probes of a PUB, or `stand`.
    void go()
    {
        child_.write_line("go");
    }

    // Waits until it has finished. Empty when all was well, otherwise what it found. A peer whose library
    // cannot wait until everything has left lives on until it is told that nobody waits for more.
    std::string outcome()
    {
        const std::string line = next_line();
        child_.write_line("end");
        const auto code = child_.wait(sample::Child::Clock::now() + limit);
        return line == "done" && code == 0 ? std::string()
                                           : line + " (exit code " + std::to_string(code.value_or(-1)) + ")";
    }

    // What it has said so far, for a report of failure.
    std::string said()
    {
        std::string text;
        while (child_.poll_line())
        {}
        for (const std::string& line : child_.recent_lines())
        {
            text += line + "; ";
        }
        return text;
    }

private:
    static std::vector<std::string> with_arguments(Program program, const std::vector<std::string>& arguments)
    {
        program.insert(program.end(), arguments.begin(), arguments.end());
        return program;
    }

    std::string next_line()
    {
        return child_.read_line(sample::Child::Clock::now() + limit).value_or("nothing in time");
    }

    sample::Child child_;
};

} // namespace interop
