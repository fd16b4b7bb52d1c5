#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <sys/types.h>

namespace command_line
{

struct Result
{
    int code = -1; // what the program ended with; -1 when a signal ended it
    std::string out;
    std::string err;
};

// The `spaceframe` program in a process of its own, which is killed when this object ends. Every wait ends
// after 30 s with a failure of the test.
class Program
{
public:
    explicit Program(std::vector<std::string> arguments,
                     const std::map<std::string, std::string>& environment = {});
    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;
    ~Program();

    // The first line of stdout with `text` in it.
    std::string wait_for(std::string_view text);
    void send(int signal) const;
    // Waits for the program's end.
    Result finish();

private:
    bool read_more();

    pid_t process_ = -1;
    int out_ = -1;
    int err_ = -1;
    Result result_;
};

// Runs to the end.
Result run(std::vector<std::string> arguments, const std::map<std::string, std::string>& environment = {});

// A folder that goes when this object does.
class Folder
{
public:
    Folder();
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder();

    const std::filesystem::path& path() const;
    // Writes a file, and returns its path.
    std::string write(const std::string& name, std::string_view text) const;

private:
    std::filesystem::path path_;
};

} // namespace command_line
