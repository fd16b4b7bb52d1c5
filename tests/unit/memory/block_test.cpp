#include "memory/block.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <cstring>
#include <set>
#include <thread>
#include <vector>

using namespace spaceframe::memory;

TEST_CASE("a block that was given back is taken again, by whatever thread")
{
    void* const first = take_block(block_size);
    std::memset(first, 0xa5, block_size);
    std::thread(
        [first]
        {
            give_block(first, block_size);
        })
        .join();
    void* const again = take_block(1);
    CHECK(again == first);
    give_block(again, 1);
}

TEST_CASE("blocks beyond those at hand, and larger ones, are allocated")
{
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 2 * blocks_at_hand; ++i)
    {
        blocks.push_back(take_block(block_size));
        CHECK(reinterpret_cast<std::uintptr_t>(blocks.back()) % alignof(std::max_align_t) == 0);
        std::memset(blocks.back(), 0xa5, block_size);
    }
    CHECK(std::set<void*>(blocks.begin(), blocks.end()).size() == blocks.size());
    for (void* const block : blocks)
    {
        give_block(block, block_size);
    }
    void* const large = take_block(block_size + 1);
    std::memset(large, 0xa5, block_size + 1);
    give_block(large, block_size + 1);
}

TEST_CASE("threads that take and give blocks at once never get the same one")
{
    std::vector<std::thread> threads;
    for (unsigned char mark = 1; mark <= 4; ++mark)
    {
        threads.emplace_back(
            [mark]
            {
                for (int round = 0; round < 2000; ++round)
                {
                    BlockAllocator<unsigned char> allocator;
                    unsigned char* const block = allocator.allocate(block_size);
                    std::memset(block, mark, block_size);
                    bool mine = true;
                    for (std::size_t i = 0; i < block_size; ++i)
                    {
                        mine = mine && block[i] == mark;
                    }
                    CHECK(mine);
                    allocator.deallocate(block, block_size);
                }
            });
    }
    for (std::thread& thread : threads)
    {
        thread.join();
    }
}
