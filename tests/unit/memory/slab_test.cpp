#include "memory/slab.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstring>
#include <thread>
#include <vector>

using namespace spaceframe::memory;

TEST_CASE("a slab holds the bytes that were asked for, aligned for every type")
{
    for (const std::size_t size :
         {std::size_t{0}, std::size_t{1}, std::size_t{100}, slab_size, slab_size + 1})
    {
        CAPTURE(size);
        const SlabRef slab(allocate(size));
        REQUIRE(slab);
        CHECK(slab->capacity >= size);
        CHECK(slab->references.load() == 1);
        CHECK(reinterpret_cast<std::uintptr_t>(slab->data) % alignof(std::max_align_t) == 0);
        std::memset(slab->data, 0xa5, size);
    }
}

TEST_CASE("a slab that is too large for the address space is refused")
{
    CHECK(allocate(SIZE_MAX) == nullptr);
}

TEST_CASE("a slab lives until its last reference is given back")
{
    SlabRef first(allocate(slab_size));
    SlabRef second = first.share();
    CHECK(first->references.load() == 2);
    retain(first.get(), 3);
    CHECK(first->references.load() == 5);
    release(first.get(), 3);
    first.reset();
    CHECK_FALSE(first);
    CHECK(second->references.load() == 1);
    second->data[slab_size - 1] = 1;
}

TEST_CASE("a moved reference leaves nothing behind and releases what it replaces")
{
    SlabRef first(allocate(10));
    SlabRef second(allocate(10));
    const SlabRef kept = second.share();
    sf_owner* const owner = first.get();
    second = std::move(first);
    CHECK_FALSE(first);
    CHECK(second.get() == owner);
    CHECK(kept->references.load() == 1);
    SlabRef constructed(std::move(second));
    CHECK_FALSE(second);
    CHECK(constructed->references.load() == 1);
    second = std::move(constructed);
    SlabRef& alias = second;
    second = std::move(alias);
    CHECK(second.get() == owner);
    CHECK(second->references.load() == 1);
}

TEST_CASE("a slab of the standard size is used again, with one reference")
{
    sf_owner* const first = allocate(slab_size);
    retain(first);
    release(first, 2);
    const SlabRef again(allocate(slab_size));
    CHECK(again.get() == first);
    CHECK(again->references.load() == 1);
    CHECK(again->capacity == slab_size);
}

TEST_CASE("more slabs than the recycler holds can be returned")
{
    std::vector<SlabRef> slabs;
    for (int i = 0; i < 100; ++i)
    {
        slabs.emplace_back(allocate(slab_size));
    }
    slabs.clear();
    for (int i = 0; i < 100; ++i)
    {
        slabs.emplace_back(allocate(slab_size));
        slabs.back()->data[0] = 1;
        CHECK(slabs.back()->references.load() == 1);
    }
}

TEST_CASE("slabs for reading are counted until nobody refers to them, also when they are used again")
{
    const std::size_t before = read_slabs();
    for (int round = 0; round < 3; ++round)
    {
        std::vector<SlabRef> slabs;
        for (int i = 0; i < 100; ++i)
        {
            slabs.emplace_back(allocate_read_slab());
        }
        const SlabRef plain(allocate(slab_size));
        const SlabRef shared = slabs.front().share();
        CHECK(read_slabs() == before + 100);
        slabs.clear();
        CHECK(read_slabs() == before + 1);
    }
    CHECK(read_slabs() == before);
}

TEST_CASE("the thread that gives the last reference back sees what the others read")
{
    for (int round = 0; round < 200; ++round)
    {
        sf_owner* const owner = allocate(slab_size);
        owner->data[0] = 7;
        retain(owner, 3);
        std::vector<std::thread> threads;
        for (int i = 0; i < 4; ++i)
        {
            threads.emplace_back(
                [owner]
                {
                    CHECK(owner->data[0] == 7);
                    release(owner);
                    const SlabRef other(allocate(slab_size));
                    other->data[0] = 7;
                });
        }
        for (std::thread& thread : threads)
        {
            thread.join();
        }
    }
}

TEST_CASE(
    "references that are returned together reach their block when another block's come, or at the flush")
{
    const SlabRef first(allocate(10));
    const SlabRef second(allocate(10));
    retain(first.get(), 3);
    retain(second.get(), 2);
    {
        Returns returns;
        returns.add(first.get());
        returns.add(first.get());
        CHECK(first->references.load() == 4);
        returns.add(second.get());
        CHECK(first->references.load() == 2);
        returns.flush();
        returns.flush();
        CHECK(second->references.load() == 2);
        returns.add(first.get());
        returns.add(nullptr);
        CHECK(first->references.load() == 1);
        returns.add(second.get());
    }
    CHECK(second->references.load() == 1);
}

TEST_CASE("a block that is larger than a slab is given back at once, and not kept until others follow")
{
    const SlabRef small(allocate(slab_size));
    const SlabRef large(allocate(slab_size + 1));
    retain(small.get(), 2);
    retain(large.get(), 2);
    Returns returns;
    returns.add(small.get());
    CHECK(small->references.load() == 3);
    returns.add(large.get());
    CHECK(small->references.load() == 2);
    CHECK(large->references.load() == 2);
    returns.add(large.get());
    CHECK(large->references.load() == 1);
    returns.add(small.get());
    CHECK(small->references.load() == 2);
    returns.flush();
    CHECK(small->references.load() == 1);
}
