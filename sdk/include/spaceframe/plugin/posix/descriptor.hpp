#pragma once

#include <utility>

#include <unistd.h>

namespace spaceframe::plugin::posix
{

// Owns a file descriptor.
class Descriptor
{
public:
    Descriptor() = default;

    explicit Descriptor(int fd) noexcept : fd_(fd)
    {}

    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1))
    {}

    Descriptor& operator=(Descriptor&& other) noexcept
    {
        close();
        fd_ = std::exchange(other.fd_, -1);
        return *this;
    }

    ~Descriptor()
    {
        close();
    }

    int get() const noexcept
    {
        return fd_;
    }

    explicit operator bool() const noexcept
    {
        return fd_ >= 0;
    }

    // Gives it up; the caller closes it.
    int release() noexcept
    {
        return std::exchange(fd_, -1);
    }

    void close() noexcept
    {
        if (fd_ >= 0)
        {
            ::close(std::exchange(fd_, -1));
        }
    }

private:
    int fd_ = -1;
};

} // namespace spaceframe::plugin::posix
