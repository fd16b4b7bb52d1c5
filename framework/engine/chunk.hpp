#pragma once

#include "memory/frame_ring.hpp"
#include "memory/slab.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace spaceframe::engine
{

/// Encoded messages on their way to a transport, with an index of their boundaries. Bodies that were large
/// stay where they lie and are only referred to. Not thread-safe.
class Chunk
{
public:
    struct Taken
    {
        sf_status status = SF_OK;
        std::size_t frames = 0;
        std::size_t messages = 0;
    };

    Chunk() noexcept = default;
    Chunk(const Chunk&) = delete;
    Chunk& operator=(const Chunk&) = delete;
    ~Chunk()
    {
        clear();
    }

    /// True when nothing is left to write.
    bool empty() const noexcept
    {
        return written_ == end_ && insert_ == inserts_.size();
    }

    /// Bytes that are left to write, without those that are referred to.
    std::size_t size() const noexcept
    {
        return end_ - written_;
    }

    /// Messages inside that are not written whole.
    std::size_t messages() const noexcept
    {
        return ends_.size() - done_;
    }

    /// Encodes as many of the whole messages as fit beside some room for control bytes. `charges`, one for
    /// each message, are remembered where a budget counts.
    Taken append(const sf_protocol& protocol, sf_session* session, std::span<const sf_frame> frames,
                 std::span<const std::uint64_t> charges);

    /// The same for one message of one frame, without a charge; false when it is large, or does not fit.
    bool append(const sf_protocol& protocol, sf_session* session, const sf_frame& frame);
    /// The same with one. (A function of its own, because the other is most of what a message costs.)
    bool append(const sf_protocol& protocol, sf_session* session, const sf_frame& frame,
                std::uint64_t charge);

    /// Where a chunk that is being filled ends.
    struct Mark
    {
        std::size_t bytes = 0;
        std::size_t messages = 0;
        std::size_t inserts = 0;
    };

    Mark mark() const noexcept
    {
        return {end_, ends_.size(), inserts_.size()};
    }

    /// Appends what `other`, of which nothing was written, holds behind `since`; to sessions that make the
    /// same bytes. False when there is no room or memory.
    bool append_copy(const Chunk& other, const Mark& since, std::span<const std::uint64_t> charges) noexcept;

    /// Appends a subscription, or a cancellation, which is no message. SF_WOULD_BLOCK when there is no room
    /// beside what is here.
    sf_status append_subscription(const sf_protocol& protocol, sf_session* session, const sf_frame& frame);

    /// Appends bytes that belong to no message. SF_WOULD_BLOCK when there is no room beside what is here,
    /// SF_NO_MEMORY when there is no memory.
    sf_status append_control(std::span<const std::uint8_t> bytes);

    /// Room for bytes of the protocol's own, at least `wanted` of them, or none where that cannot be had;
    /// `commit` says how many were written.
    sf_output control_room(std::size_t wanted);
    void commit(const sf_output& output) noexcept;

    /// Fills `buffers` with what is to be written next; returns how many entries are used.
    std::size_t gather(std::span<sf_iov> buffers) const noexcept;

    struct Progress
    {
        std::size_t messages = 0; ///< that are now written whole
        std::uint64_t charge = 0; ///< their permits
    };

    /// The transport took `bytes`.
    Progress advance(std::size_t bytes) noexcept;

    /// Reads the messages back that were not written whole, with memory of their own, and appends them to
    /// `frames`. Returns how many, or SF_UNSUPPORTED in `status`.
    std::size_t recover(const sf_protocol& protocol, sf_session* session, memory::FrameRing& frames,
                        sf_status& status) const;

    /// Permits of the messages that are not written whole.
    std::uint64_t charge() const noexcept;

    /// Drops everything and gives the memory back.
    void clear() noexcept;

    void swap(Chunk& other) noexcept;

private:
    struct Insert
    {
        std::size_t at;
        sf_owner* owner;
        const std::uint8_t* data;
        std::size_t size;
    };

    bool reserve(std::size_t bytes);
    void release_done() noexcept;

    memory::SlabRef slab_;
    std::size_t written_ = 0;
    std::size_t end_ = 0;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint64_t> charges_;
    std::size_t done_ = 0; // messages written whole
    std::vector<Insert> inserts_;
    std::size_t insert_ = 0; // the insert to write next
    std::size_t insert_written_ = 0;
    std::size_t released_ = 0; // inserts whose message is written whole
};

} // namespace spaceframe::engine
