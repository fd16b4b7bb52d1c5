#pragma once

#include "script.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

namespace spaceframe::scripted_transport
{

// What the options of an endpoint make of its ends.
struct Behaviour
{
    Script reads;
    Script writes;
    std::uint64_t close_after; // bytes written; 0 for never
    std::uint64_t fail_at;     // likewise
    bool fails_for_memory;
    std::uint64_t stall_at;    // likewise
    std::uint64_t stall_until; // bytes written by the other end; 0 for never
    std::uint32_t flags;       // SF_STREAM_...
};

// A connection inside the process: two sides, which may live on different loops and threads. Bytes that one
// side writes wait in a buffer of fixed size until the other reads them.
//
// A write that the script fails leaves the connection as it is: whoever writes again does what must not be
// done behind half a message, and the other side's reads say so.
//
// A side that was closed, or that wrote as much as its behaviour allows, ends the connection: what is
// buffered can still be read, then reads say SF_CLOSED; writes fail with EPIPE.
class Wire : public std::enable_shared_from_this<Wire>
{
public:
    static constexpr std::size_t capacity = 65536;

    // Bytes buffered for either side: all functions take the index of the side that calls, 0 or 1.
    Wire(plugin::Host first, const Behaviour& first_behaviour, plugin::Host second,
         const Behaviour& second_behaviour);

    // The second side is another's than its maker thought. Before it is used.
    void join(plugin::Host second, const Behaviour& behaviour);
    void attach(std::size_t side, sf_loop* loop) noexcept;
    plugin::Result read(std::size_t side, std::span<std::uint8_t> buffer) noexcept;
    plugin::Result write(std::size_t side, std::span<const sf_iov> buffers) noexcept;
    void wait(std::size_t side, std::uint32_t direction, plugin::Callback callback) noexcept;
    void close(std::size_t side) noexcept;

    std::uint32_t flags(std::size_t side) const noexcept
    {
        return sides_[side].behaviour.flags;
    }

private:
    struct Side;
    class Posts;

    // A wait for one direction. While there is one it keeps the wire alive.
    struct Wait
    {
        Wire* wire = nullptr;
        Side* side = nullptr;
        plugin::Callback callback;
        std::shared_ptr<Wire> alive;
        bool posted = false;

        void complete(plugin::Status status) noexcept;
    };

    struct Side
    {
        Side(plugin::Host its_host, const Behaviour& its_behaviour);

        plugin::Host host;
        Behaviour behaviour;
        sf_loop* loop = nullptr;
        std::vector<std::uint8_t> incoming; // a ring
        std::size_t first = 0;
        std::size_t size = 0;
        std::uint64_t written = 0;
        bool failed = false;         // a write did, as the script says
        bool written_behind = false; // and yet another one followed
        bool closed = false;
        Wait readable;
        Wait writable;
    };

    // How many more bytes the script of a side lets it write, before anything else limits that.
    std::uint64_t allowance(std::size_t side) const noexcept;

    bool ended() const noexcept
    {
        return broken_ || sides_[0].closed || sides_[1].closed;
    }

    std::mutex mutex_; // guards everything below but the behaviours' flags
    std::array<Side, 2> sides_;
    bool broken_ = false;
};

} // namespace spaceframe::scripted_transport
