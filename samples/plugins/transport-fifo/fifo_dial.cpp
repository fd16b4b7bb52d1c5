#include "fifo_dial.hpp"

#include <spaceframe/plugin/posix/failure.hpp>

#include <atomic>
#include <memory>
#include <utility>

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace fifo
{

using sdk::posix::failure;

namespace
{

std::string next_token()
{
    static std::atomic<unsigned> count{0};
    return std::to_string(::getpid()) + '-' + std::to_string(++count);
}

void make_pipe(const std::string& path)
{
    if (::mkfifo(path.c_str(), S_IRUSR | S_IWUSR) != 0)
    {
        throw failure("cannot make the named pipe " + path, errno,
                      "the folder must exist, and this user must be allowed to write there");
    }
}

} // namespace

OwnPipes::OwnPipes(const std::string& listener)
    : token(next_token())
    , up(up_path(listener, token))
    , down(down_path(listener, token))
{
    // What a process of the same number left behind when it was killed.
    remove_pipe(up);
    remove_pipe(down);
    make_pipe(up);
    try
    {
        make_pipe(down);
    }
    catch (...)
    {
        remove_pipe(up);
        throw;
    }
}

OwnPipes::~OwnPipes()
{
    remove_pipe(up);
    remove_pipe(down);
}

FifoDial::FifoDial(sdk::Host host, sf_loop* loop, std::string path, int capacity,
                   sdk::StreamCallback<FifoStream> dialed)
    : host_(host)
    , path_(std::move(path))
    , dialed_(dialed)
    , pipes_(path_)
{
    call(capacity);
    watch_ = sdk::Watch(host, loop, in_.get());
    timer_ = sdk::Timer(host, loop);
}

void FifoDial::call(int capacity)
{
    Outlet listener;
    listener.out = open_pipe(path_, O_WRONLY);
    listener.guard = open_pipe(path_, O_RDONLY);
    outlet_ = open_outlet(pipes_.up, capacity);
    in_ = open_pipe(pipes_.down, O_RDONLY);
    const Record record = make_record(pipes_.token);
    if (::write(listener.out.get(), &record, sizeof record) != sizeof record)
    {
        throw failure("cannot call " + path_, errno, "its listener has too many calls waiting");
    }
}

void FifoDial::start(std::chrono::nanoseconds timeout) noexcept
{
    outstanding_ = 2;
    watch_.wait(SF_READABLE, sdk::callback<&FifoDial::on_answer>(this));
    timer_.start(static_cast<std::uint64_t>(timeout.count()), sdk::callback<&FifoDial::on_timeout>(this));
}

void FifoDial::cancel() noexcept
{
    cancelled_ = true;
    watch_.close();
    timer_.close();
}

void FifoDial::on_answer(sdk::Status status) noexcept
{
    if (!over_ && !cancelled_)
    {
        status == SF_OK ? take_answer() : finish(status, nullptr);
    }
    returned();
}

void FifoDial::on_timeout(sdk::Status status) noexcept
{
    if (!over_ && !cancelled_ && status == SF_OK)
    {
        host_.fail(SF_TIMED_OUT, "the listener did not answer in time: see whether its process hangs");
        finish(SF_TIMED_OUT, nullptr);
    }
    returned();
}

void FifoDial::take_answer() noexcept
{
    char byte = 0;
    const ssize_t count = ::read(in_.get(), &byte, 1);
    if (count < 0 && (errno == EAGAIN || errno == EINTR))
    {
        ++outstanding_;
        watch_.wait(SF_READABLE, sdk::callback<&FifoDial::on_answer>(this));
        return;
    }
    if (count != 1 || byte != answer)
    {
        host_.fail(SF_REFUSED, "the listener took the call and gave it up: its log says why");
        finish(SF_REFUSED, nullptr);
        return;
    }
    try
    {
        watch_.close(); // a descriptor has one watch at a time
        auto stream = std::make_unique<FifoStream>(host_, std::move(in_), std::move(outlet_), path_);
        finish(SF_OK, stream.release());
    }
    catch (...)
    {
        finish(sdk::fail_with_exception(host_), nullptr);
    }
}

void FifoDial::finish(sdk::Status status, FifoStream* stream) noexcept
{
    over_ = true;
    watch_.close();
    timer_.close();
    stream != nullptr ? dialed_(stream) : dialed_.fail(status);
}

void FifoDial::returned() noexcept
{
    if (--outstanding_ != 0)
    {
        return;
    }
    if (!over_)
    {
        host_.fail(SF_CANCELLED, "the dial was cancelled");
        dialed_.fail(SF_CANCELLED);
    }
    delete this;
}

} // namespace fifo
