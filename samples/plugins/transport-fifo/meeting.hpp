#pragma once

#include <spaceframe/plugin/posix/descriptor.hpp>

#include <array>
#include <string>
#include <string_view>

// How two processes meet over named pipes.
//
// The listener owns the pipe PATH. Whoever dials makes two pipes of its own, PATH.TOKEN.up and
// PATH.TOKEN.down, and writes a record with the token to PATH; a record is short enough for the system to
// write it whole. The listener opens both, writes one byte (`answer`) to `down`, and takes their names away:
// from then on the two processes share two pipes that nobody else can find.
//
// Who writes to a pipe also holds its reading end open, and never reads from it: so a write to somebody who
// has gone raises no SIGPIPE. That the other side has gone is told by the end of the other pipe.
namespace fifo
{

using spaceframe::plugin::posix::Descriptor;

inline constexpr char answer = '!';

// What is written to the listener's pipe.
struct Record
{
    std::array<char, 8> magic;
    std::array<char, 56> token; // digits and '-', then NUL
};

Record make_record(std::string_view token);

// The token of a record; empty when somebody else wrote there.
std::string token_of(const Record& record);

std::string up_path(const std::string& path, std::string_view token);
std::string down_path(const std::string& path, std::string_view token);

// Throws plugin::Error, SF_INVALID, unless `path` can be the path of a listener.
void check_path(std::string_view path);

// Opens the named pipe at `path`, never waiting for the other side; `flags` is O_RDONLY, O_WRONLY or O_RDWR.
// Throws plugin::Error; SF_REFUSED when nobody has a pipe open for reading that is to be written.
Descriptor open_pipe(const std::string& path, int flags);

// Both ends of a pipe that this process writes: see above.
struct Outlet
{
    Descriptor guard;
    Descriptor out;
};

// `capacity` in bytes; 0 leaves it to the system. Throws plugin::Error.
Outlet open_outlet(const std::string& path, int capacity);

// Removes the pipe's name, if it is there.
void remove_pipe(const std::string& path) noexcept;

} // namespace fifo
