#include "meeting.hpp"

#include <spaceframe/plugin/posix/failure.hpp>

#include <algorithm>
#include <cstddef>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fifo
{

namespace
{

using spaceframe::plugin::Error;
using spaceframe::plugin::posix::failure;

constexpr std::array<char, 8> magic{'S', 'F', '-', 'F', 'I', 'F', 'O', '1'};

static_assert(sizeof(Record) <= PIPE_BUF, "the system writes a record whole");

bool belongs_to_token(char letter)
{
    return (letter >= '0' && letter <= '9') || letter == '-';
}

} // namespace

Record make_record(std::string_view token)
{
    Record record{magic, {}};
    std::copy_n(token.begin(), std::min(token.size(), record.token.size() - 1), record.token.begin());
    return record;
}

std::string token_of(const Record& record)
{
    const auto end = std::ranges::find(record.token, '\0');
    if (record.magic != magic || end == record.token.end() ||
        !std::all_of(record.token.begin(), end, belongs_to_token))
    {
        return {};
    }
    return {record.token.begin(), end};
}

std::string up_path(const std::string& path, std::string_view token)
{
    return path + '.' + std::string(token) + ".up";
}

std::string down_path(const std::string& path, std::string_view token)
{
    return path + '.' + std::string(token) + ".down";
}

void check_path(std::string_view path)
{
    constexpr std::size_t longest = PATH_MAX - sizeof(Record);
    if (path.empty() || path.ends_with('/'))
    {
        throw Error(SF_INVALID,
                    "'" + std::string(path) + "' is no path of a named pipe: a file name is missing");
    }
    if (path.size() > longest)
    {
        throw Error(SF_INVALID, "the path of the named pipe has " + std::to_string(path.size()) +
                                    " bytes; choose one of at most " + std::to_string(longest));
    }
}

Descriptor open_pipe(const std::string& path, int flags)
{
    Descriptor pipe(::open(path.c_str(), flags | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW));
    if (!pipe)
    {
        if (errno == ENXIO)
        {
            throw Error(SF_REFUSED, "nobody listens on " + path + ": start the other side", ENXIO);
        }
        throw failure("cannot open the named pipe " + path, errno);
    }
    struct stat status = {};
    if (::fstat(pipe.get(), &status) != 0 || !S_ISFIFO(status.st_mode))
    {
        throw Error(SF_INVALID, path + " is no named pipe: remove it, or choose another path");
    }
    return pipe;
}

Outlet open_outlet(const std::string& path, int capacity)
{
    Outlet outlet;
    outlet.guard = open_pipe(path, O_RDONLY);
    outlet.out = open_pipe(path, O_WRONLY);
    if (capacity != 0 && ::fcntl(outlet.out.get(), F_SETPIPE_SZ, capacity) < 0)
    {
        throw failure("the option capacity cannot be set to " + std::to_string(capacity), errno,
                      "the most that a user may have stands in /proc/sys/fs/pipe-max-size");
    }
    return outlet;
}

void remove_pipe(const std::string& path) noexcept
{
    ::unlink(path.c_str());
}

} // namespace fifo
