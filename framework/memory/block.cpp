#include "memory/block.hpp"

#include <array>
#include <functional>
#include <mutex>
#include <new>

namespace spaceframe::memory
{
namespace
{

union Block
{
    Block* next;
    alignas(std::max_align_t) std::array<std::byte, block_size> bytes;
};

class Pool
{
public:
    void* take() noexcept
    {
        const std::lock_guard lock(mutex_);
        if (free_ != nullptr)
        {
            Block* const block = free_;
            free_ = block->next;
            return block;
        }
        return untouched_ < blocks_.size() ? &blocks_[untouched_++] : nullptr;
    }

    /// False for memory that is not the pool's.
    bool give(void* memory) noexcept
    {
        auto* const block = static_cast<Block*>(memory);
        const std::less<> before;
        if (before(block, blocks_.data()) || !before(block, blocks_.data() + blocks_.size()))
        {
            return false;
        }
        const std::lock_guard lock(mutex_);
        block->next = free_;
        free_ = block;
        return true;
    }

private:
    std::mutex mutex_;
    Block* free_ = nullptr;
    std::size_t untouched_ = 0;
    std::array<Block, blocks_at_hand> blocks_{};
};

// Never destroyed: what is posted may outlive every other object of the library.
constinit Pool pool;

} // namespace

void* take_block(std::size_t size)
{
    if (size <= block_size)
    {
        if (void* const block = pool.take(); block != nullptr)
        {
            return block;
        }
    }
    return ::operator new(size);
}

void give_block(void* block, std::size_t size) noexcept
{
    if (size > block_size || !pool.give(block))
    {
        ::operator delete(block);
    }
}

} // namespace spaceframe::memory
