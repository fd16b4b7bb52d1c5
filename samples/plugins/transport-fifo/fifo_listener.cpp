#include "fifo_listener.hpp"

#include <spaceframe/plugin/posix/failure.hpp>

#include <cstring>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fifo
{

using sdk::posix::failure;

ListeningPipe::ListeningPipe(std::string path) : path_(std::move(path))
{
    // Whoever had the pipe may take its name away between our opening and our locking it.
    do
    {
        if (::mkfifo(path_.c_str(), S_IRUSR | S_IWUSR) != 0 && errno != EEXIST)
        {
            throw failure("cannot make the named pipe " + path_, errno,
                          "the folder must exist, and this user must be allowed to write there");
        }
        pipe_ = open_pipe(path_, O_RDWR);
        if (::flock(pipe_.get(), LOCK_EX | LOCK_NB) != 0)
        {
            throw failure("cannot listen on " + path_, EADDRINUSE,
                          "another process listens there: stop it, or choose another path");
        }
    }
    while (!has_name());
}

ListeningPipe::~ListeningPipe()
{
    close();
}

void ListeningPipe::close() noexcept
{
    if (pipe_ && has_name())
    {
        remove_pipe(path_);
    }
    pipe_.close();
}

bool ListeningPipe::has_name() const noexcept
{
    struct stat ours = {};
    struct stat named = {};
    return ::fstat(pipe_.get(), &ours) == 0 && ::lstat(path_.c_str(), &named) == 0 &&
           ours.st_ino == named.st_ino && ours.st_dev == named.st_dev;
}

FifoListener::FifoListener(sdk::Host host, sf_loop* loop, std::string path, int capacity,
                           sdk::StreamCallback<FifoStream> accepted)
    : host_(host)
    , pipe_(std::move(path))
    , capacity_(capacity)
    , accepted_(accepted)
    , watch_(host, loop, pipe_.descriptor())
{}

void FifoListener::start() noexcept
{
    watch_.wait(SF_READABLE, sdk::callback<&FifoListener::on_readable>(this));
}

sdk::Result FifoListener::address(char* buffer, std::size_t capacity) const noexcept
{
    const std::string& path = pipe_.path();
    if (path.size() >= capacity)
    {
        return -SF_TOO_LARGE;
    }
    std::memcpy(buffer, path.c_str(), path.size() + 1);
    return static_cast<sdk::Result>(path.size());
}

void FifoListener::close() noexcept
{
    closed_ = true;
    watch_.close();
    pipe_.close();
}

void FifoListener::on_readable(sdk::Status) noexcept
{
    if (!closed_)
    {
        accept_all();
    }
    if (closed_)
    {
        delete this;
        return;
    }
    start();
}

void FifoListener::accept_all() noexcept
{
    while (!closed_)
    {
        Record record;
        const ssize_t count = ::read(pipe_.descriptor(), &record, sizeof record);
        if (count < 0 && errno != EINTR)
        {
            return;
        }
        if (count != sizeof record)
        {
            continue;
        }
        try
        {
            accept(record);
        }
        catch (...)
        {
            accepted_.fail(sdk::fail_with_exception(host_));
        }
    }
}

void FifoListener::accept(const Record& record)
{
    const std::string token = token_of(record);
    if (token.empty())
    {
        host_.log(SF_LOG_WARNING,
                  pipe_.path() + ": something else than a call was written there, and ignored");
        return;
    }
    const std::string up = up_path(pipe_.path(), token);
    const std::string down = down_path(pipe_.path(), token);
    Descriptor in = open_pipe(up, O_RDONLY);
    Outlet outlet = open_outlet(down, capacity_);
    remove_pipe(up);
    remove_pipe(down);
    if (::write(outlet.out.get(), &answer, 1) != 1)
    {
        throw failure("cannot answer on " + down, errno);
    }
    accepted_(new FifoStream(host_, std::move(in), std::move(outlet), up));
}

} // namespace fifo
