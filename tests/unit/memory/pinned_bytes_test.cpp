#include "memory/pinned_bytes.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <random>
#include <set>
#include <vector>

using namespace spaceframe::memory;

namespace
{

sf_frame frame_in(const SlabRef& block, std::uint32_t flags = 0)
{
    return {block.get(), block->data, 1, flags, 0};
}

void add(PinnedBytes& pinned, const std::vector<sf_frame>& frames)
{
    pinned.reserve(frames);
    for (const sf_frame& frame : frames)
    {
        pinned.add(frame);
    }
}

} // namespace

TEST_CASE("a slab counts whole, once, until the last message in it has gone")
{
    const SlabRef slab(allocate(slab_size));
    PinnedBytes pinned;
    CHECK(pinned.bytes() == 0);
    add(pinned, {frame_in(slab), frame_in(slab)});
    add(pinned, {frame_in(slab)});
    CHECK(pinned.bytes() == slab_size);
    pinned.keep(1);
    CHECK(pinned.bytes() == slab_size);
    pinned.keep(0);
    CHECK(pinned.bytes() == 0);
}

TEST_CASE("a block goes with its own message, though a slab from before and after it stays")
{
    const SlabRef slab(allocate(slab_size));
    const SlabRef first(allocate(3 * slab_size));
    const SlabRef second(allocate(100));
    PinnedBytes pinned;
    add(pinned, {frame_in(slab), frame_in(first), frame_in(slab), frame_in(second), frame_in(slab)});
    CHECK(pinned.bytes() == 4 * slab_size + 100);
    pinned.keep(3);
    CHECK(pinned.bytes() == slab_size + 100);
    pinned.keep(1);
    CHECK(pinned.bytes() == slab_size);
    pinned.keep(0);
    CHECK(pinned.bytes() == 0);
}

TEST_CASE("all frames of a message pin their memory until the message goes, and empty ones pin none")
{
    const SlabRef header(allocate(slab_size));
    const SlabRef large(allocate(2 * slab_size));
    const sf_frame empty{nullptr, nullptr, 0, SF_FRAME_MORE, 0};
    PinnedBytes pinned;
    add(pinned, {frame_in(header, SF_FRAME_MORE), empty, frame_in(large), {nullptr, nullptr, 0, 0, 0}});
    CHECK(pinned.bytes() == 3 * slab_size);
    pinned.keep(2);
    CHECK(pinned.bytes() == 3 * slab_size);
    pinned.keep(1);
    CHECK(pinned.bytes() == 0);
}

TEST_CASE("memory that was given back and came again with another size counts by that size")
{
    // Two blocks that were at one address, one after the other.
    const SlabRef block(allocate(1000));
    PinnedBytes pinned;
    add(pinned, {frame_in(block)});
    block.get()->capacity = 400;
    add(pinned, {frame_in(block)});
    CHECK(pinned.bytes() == 1400);
    pinned.keep(1);
    CHECK(pinned.bytes() == 400);
    pinned.keep(0);
    CHECK(pinned.bytes() == 0);
}

TEST_CASE("under random messages it says what a count of all blocks says")
{
    const unsigned seed = std::random_device{}();
    CAPTURE(seed);
    std::mt19937 random(seed);
    std::vector<SlabRef> blocks; // slabs in the order of their use, each followed by two blocks
    for (std::size_t i = 0; i < 30; ++i)
    {
        blocks.emplace_back(allocate(slab_size));
        blocks.emplace_back(allocate(slab_size + 1 + i));
        blocks.emplace_back(allocate(1 + i));
    }
    PinnedBytes pinned;
    std::deque<std::vector<const sf_owner*>> model;
    std::size_t slab = 0;
    std::vector<bool> used(blocks.size());
    for (int step = 0; step < 2000; ++step)
    {
        if (random() % 2 == 0)
        {
            if (random() % 8 == 0)
            {
                slab = (slab + 3) % blocks.size();
            }
            // A slab is used again when nobody has it any more; a block holds one frame.
            std::vector<sf_frame> frames;
            std::vector<const sf_owner*> owners;
            for (std::size_t count = 1 + random() % 3; count > 0; --count)
            {
                std::size_t chosen = slab;
                if (random() % 3 == 0)
                {
                    chosen += 1 + random() % 2;
                }
                const sf_owner* owner = blocks[chosen].get();
                bool waits = false;
                for (const auto& message : model)
                {
                    waits = waits || std::find(message.begin(), message.end(), owner) != message.end();
                }
                if (chosen != slab &&
                    (waits || std::find(owners.begin(), owners.end(), owner) != owners.end()))
                {
                    continue;
                }
                frames.push_back(frame_in(blocks[chosen], SF_FRAME_MORE));
                owners.push_back(owner);
            }
            frames.push_back({nullptr, nullptr, 0, 0, 0});
            add(pinned, frames);
            model.push_back(owners);
        }
        else
        {
            const std::size_t taken = model.empty() ? 0 : random() % (model.size() + 1);
            model.erase(model.begin(), model.begin() + static_cast<std::ptrdiff_t>(taken));
            pinned.keep(model.size());
        }
        std::set<const sf_owner*> distinct;
        for (const auto& message : model)
        {
            distinct.insert(message.begin(), message.end());
        }
        std::uint64_t expected = 0;
        for (const sf_owner* owner : distinct)
        {
            expected += owner->capacity;
        }
        REQUIRE(pinned.bytes() == expected);
    }
}
