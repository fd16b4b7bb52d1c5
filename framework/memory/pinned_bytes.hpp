#pragma once

#include "memory/slab.hpp"

#include <spaceframe/plugin/abi.h>

#include <boost/circular_buffer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>

namespace spaceframe::memory
{

/// How much memory a queue of messages keeps from being used for anything else: a block counts whole as long
/// as one of the messages that lie in it waits. Messages leave in the order in which they came. O(1) for each
/// frame that comes and for each block that goes. Not thread-safe; holds no references.
///
/// Slabs and blocks of other sizes are kept apart: a large frame has a block of its own, behind which further
/// small ones come in the slab of those before. A block to which frames return in another order is counted
/// once for each time.
class PinnedBytes
{
public:
    /// Makes room for these frames, or some of them, so that add() cannot fail. Throws std::bad_alloc.
    void reserve(std::span<const sf_frame> frames)
    {
        std::size_t blocks = 0;
        const sf_owner* previous = nullptr;
        for (const sf_frame& frame : frames)
        {
            blocks += frame.owner != nullptr && frame.owner != previous ? 1U : 0U;
            previous = frame.owner != nullptr ? frame.owner : previous;
        }
        make_room(slabs_, blocks);
        make_room(others_, blocks);
    }

    /// The next frame of the queue, for which there is room. One without SF_FRAME_MORE ends a message.
    void add(const sf_frame& frame) noexcept
    {
        if (frame.owner != nullptr)
        {
            const std::size_t capacity = frame.owner->capacity;
            Pins& pins = capacity == slab_size ? slabs_ : others_;
            if (!pins.empty() && pins.back().owner == frame.owner && pins.back().capacity == capacity)
            {
                pins.back().message = messages_;
            }
            else
            {
                pins.push_back({frame.owner, capacity, messages_});
                bytes_ += capacity;
            }
        }
        messages_ += (frame.flags & SF_FRAME_MORE) == 0 ? 1U : 0U;
    }

    /// All messages but the last `waiting` have gone.
    void keep(std::size_t waiting) noexcept
    {
        for (Pins* pins : {&slabs_, &others_})
        {
            while (!pins->empty() && pins->front().message + waiting < messages_)
            {
                bytes_ -= pins->front().capacity;
                pins->pop_front();
            }
        }
    }

    std::uint64_t bytes() const noexcept
    {
        return bytes_;
    }

private:
    struct Pin
    {
        const sf_owner* owner; // never dereferenced: it may be gone
        std::size_t capacity;
        std::uint64_t message; // the last one in it
    };
    using Pins = boost::circular_buffer<Pin>;

    static void make_room(Pins& pins, std::size_t more)
    {
        if (pins.reserve() < more)
        {
            pins.set_capacity(std::max(2 * pins.capacity(), pins.size() + more));
        }
    }

    Pins slabs_;
    Pins others_;
    std::uint64_t bytes_ = 0;
    std::uint64_t messages_ = 0; // that ever came
};

} // namespace spaceframe::memory
