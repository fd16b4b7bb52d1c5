#include "memory/slab.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdlib>
#include <mutex>
#include <new>

namespace spaceframe::memory
{
namespace
{

// Recycling matters because malloc trims freed blocks at the top of the heap, and each slab would then fault
// its pages in again.
class Recycler
{
public:
    sf_owner* take() noexcept
    {
        const std::lock_guard lock(mutex_);
        return count_ == 0 ? nullptr : slots_[--count_];
    }

    bool give(sf_owner* owner) noexcept
    {
        const std::lock_guard lock(mutex_);
        if (count_ == slots_.size())
        {
            return false;
        }
        slots_[count_++] = owner;
        return true;
    }

private:
    std::mutex mutex_;
    std::array<sf_owner*, 64> slots_{};
    std::size_t count_ = 0;
};

// Never destroyed: messages may outlive every other object of the library.
Recycler& recycler() noexcept
{
    alignas(Recycler) static std::array<std::byte, sizeof(Recycler)> storage;
    static auto* instance = new (storage.data()) Recycler;
    return *instance;
}

void destroy_plain(sf_owner* owner) noexcept
{
    owner->~sf_owner();
    std::free(owner);
}

void destroy_slab(sf_owner* owner) noexcept
{
    if (!recycler().give(owner))
    {
        destroy_plain(owner);
    }
}

std::atomic<std::size_t> read_slabs_there{0};

void destroy_read_slab(sf_owner* owner) noexcept
{
    read_slabs_there.fetch_sub(1, std::memory_order_relaxed);
    owner->destroy = destroy_slab;
    destroy_slab(owner);
}

} // namespace

sf_owner* allocate_read_slab() noexcept
{
    sf_owner* owner = allocate(slab_size);
    if (owner != nullptr)
    {
        owner->destroy = destroy_read_slab;
        read_slabs_there.fetch_add(1, std::memory_order_relaxed);
    }
    return owner;
}

std::size_t read_slabs() noexcept
{
    return read_slabs_there.load(std::memory_order_relaxed);
}

sf_owner* allocate(std::size_t size) noexcept
{
    const bool standard = size == slab_size;
    if (standard)
    {
        if (sf_owner* recycled = recycler().take(); recycled != nullptr)
        {
            recycled->references.store(1, std::memory_order_relaxed);
            return recycled;
        }
    }
    if (size > SIZE_MAX - sizeof(sf_owner))
    {
        return nullptr;
    }
    void* memory = std::malloc(sizeof(sf_owner) + size);
    if (memory == nullptr)
    {
        return nullptr;
    }
    return new (memory) sf_owner{1, standard ? destroy_slab : destroy_plain, size,
                                 static_cast<std::uint8_t*>(memory) + sizeof(sf_owner)};
}

} // namespace spaceframe::memory
