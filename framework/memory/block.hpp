#pragma once

#include <cstddef>

namespace spaceframe::memory
{

/// Memory for what one thread posts to another: it is taken here and given back there, and soon. A few blocks
/// of up to `block_size` bytes are always at hand; what is larger, or comes when they are all out, is
/// allocated.
inline constexpr std::size_t block_size = 256;
inline constexpr std::size_t blocks_at_hand = 64;

/// [any] Aligned as by operator new. Throws std::bad_alloc.
void* take_block(std::size_t size);
/// [any] With the size that it was taken with.
void give_block(void* block, std::size_t size) noexcept;

/// The same for whoever wants an allocator.
template <class T>
class BlockAllocator
{
public:
    using value_type = T;

    BlockAllocator() noexcept = default;
    template <class U>
    BlockAllocator(const BlockAllocator<U>& /*other*/) noexcept // NOLINT(google-explicit-constructor)
    {}

    T* allocate(std::size_t count)
    {
        return static_cast<T*>(take_block(count * sizeof(T)));
    }

    void deallocate(T* memory, std::size_t count) noexcept
    {
        give_block(memory, count * sizeof(T));
    }

    template <class U>
    bool operator==(const BlockAllocator<U>& /*other*/) const noexcept
    {
        return true;
    }
};

} // namespace spaceframe::memory
