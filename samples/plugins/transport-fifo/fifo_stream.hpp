#pragma once

#include "meeting.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace fifo
{

namespace sdk = spaceframe::plugin;

// A connection: one pipe in, one pipe out. The two have nothing in common, so reading and writing may happen
// on two threads at once.
class FifoStream
{
public:
    // `peer` names the other side for people.
    FifoStream(sdk::Host host, Descriptor in, Outlet outlet, std::string peer);

    sdk::Host host() const noexcept
    {
        return host_;
    }

    sdk::Status attach(sf_loop* loop);

    std::uint32_t flags() const noexcept
    {
        return SF_STREAM_PARALLEL;
    }

    sdk::Result read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept;
    sdk::Result write(const sf_iov* buffers, std::size_t count) noexcept;
    void wait(std::uint32_t direction, sdk::Callback callback) noexcept;

    // "peer", and "uid": the user who made the pipe that we read.
    sdk::Result property(const char* name, char* buffer, std::size_t capacity) const noexcept;

private:
    Descriptor in_;
    Outlet outlet_;
    std::string peer_;
    std::string uid_;
    sdk::Host host_;
    sdk::Watch readable_; // closed before the descriptors
    sdk::Watch writable_;
};

} // namespace fifo
