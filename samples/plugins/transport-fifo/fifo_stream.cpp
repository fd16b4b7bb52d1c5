#include "fifo_stream.hpp"

#include <cstring>
#include <string_view>
#include <utility>

#include <errno.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

namespace fifo
{

namespace
{

std::string owner_of(const Descriptor& pipe)
{
    struct stat status = {};
    return ::fstat(pipe.get(), &status) == 0 ? std::to_string(status.st_uid) : std::string();
}

} // namespace

FifoStream::FifoStream(sdk::Host host, Descriptor in, Outlet outlet, std::string peer)
    : in_(std::move(in))
    , outlet_(std::move(outlet))
    , peer_(std::move(peer))
    , uid_(owner_of(in_))
    , host_(host)
{}

sdk::Status FifoStream::attach(sf_loop* loop)
{
    readable_ = sdk::Watch(host_, loop, in_.get());
    writable_ = sdk::Watch(host_, loop, outlet_.out.get());
    return SF_OK;
}

sdk::Result FifoStream::read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept
{
    flags = 0;
    for (;;)
    {
        const ssize_t count = ::read(in_.get(), buffer, capacity);
        if (count > 0)
        {
            return count;
        }
        if (count == 0)
        {
            return -SF_CLOSED;
        }
        if (errno == EAGAIN)
        {
            return -SF_WOULD_BLOCK;
        }
        if (errno != EINTR)
        {
            return -host_.fail_system(errno, "reading from a named pipe failed");
        }
    }
}

sdk::Result FifoStream::write(const sf_iov* buffers, std::size_t count) noexcept
{
    iovec entries[IOV_MAX];
    int used = 0;
    for (std::size_t i = 0; i != count && used != IOV_MAX; ++i)
    {
        if (buffers[i].size != 0)
        {
            entries[used++] = {const_cast<std::uint8_t*>(buffers[i].data), buffers[i].size};
        }
    }
    for (;;)
    {
        const ssize_t taken = ::writev(outlet_.out.get(), entries, used);
        if (taken >= 0)
        {
            return taken;
        }
        if (errno == EAGAIN)
        {
            return -SF_WOULD_BLOCK;
        }
        if (errno != EINTR)
        {
            return -host_.fail_system(errno, "writing to a named pipe failed");
        }
    }
}

void FifoStream::wait(std::uint32_t direction, sdk::Callback callback) noexcept
{
    (direction == SF_WRITABLE ? writable_ : readable_).wait(direction, callback);
}

sdk::Result FifoStream::property(const char* name, char* buffer, std::size_t capacity) const noexcept
{
    const std::string_view key(name);
    const std::string* const value = key == "peer" ? &peer_ : key == "uid" ? &uid_ : nullptr;
    if (value == nullptr || value->empty())
    {
        return -SF_NOT_FOUND;
    }
    if (value->size() >= capacity)
    {
        return -SF_TOO_LARGE;
    }
    std::memcpy(buffer, value->c_str(), value->size() + 1);
    return static_cast<sdk::Result>(value->size());
}

} // namespace fifo
