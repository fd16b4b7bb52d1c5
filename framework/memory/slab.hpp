#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

/// A reference-counted block of memory. This header and slab.cpp are the only place that knows its layout.
///
/// Invariants: `references` > 0 while anybody can reach the block; whoever takes it to 0 calls `destroy`,
/// once. Bytes may be written only by somebody who knows that nobody else reads them: the loop writes behind
/// the last byte that it has handed out (frozen), never before it.
struct sf_owner
{
    std::atomic<std::uint64_t> references;
    void (*destroy)(sf_owner* self) noexcept;
    std::size_t capacity;
    std::uint8_t* data;
};

namespace spaceframe::memory
{

/// Bytes of a read slab and of a wire window: what one system call moves.
inline constexpr std::size_t slab_size = std::size_t{128} * 1024;

/// A block of at least `size` bytes with one reference; nullptr when there is no memory. Blocks of
/// `slab_size` are recycled.
sf_owner* allocate(std::size_t size) noexcept;

/// A block of `slab_size` bytes like that of allocate(), counted by read_slabs() as long as it is referred
/// to.
sf_owner* allocate_read_slab() noexcept;

/// [any] How many blocks of allocate_read_slab() this process has now, whoever refers to them.
std::size_t read_slabs() noexcept;

inline void retain(sf_owner* owner, std::uint64_t count = 1) noexcept
{
    owner->references.fetch_add(count, std::memory_order_relaxed);
}

inline void release(sf_owner* owner, std::uint64_t count = 1) noexcept
{
    if (owner->references.fetch_sub(count, std::memory_order_acq_rel) == count)
    {
        owner->destroy(owner);
    }
}

/// One reference to a block, by RAII.
class SlabRef
{
public:
    SlabRef() noexcept = default;
    explicit SlabRef(sf_owner* adopted) noexcept : owner_(adopted)
    {}
    SlabRef(const SlabRef&) = delete;
    SlabRef& operator=(const SlabRef&) = delete;
    SlabRef(SlabRef&& other) noexcept : owner_(other.owner_)
    {
        other.owner_ = nullptr;
    }
    SlabRef& operator=(SlabRef&& other) noexcept
    {
        if (this != &other)
        {
            reset();
            owner_ = other.owner_;
            other.owner_ = nullptr;
        }
        return *this;
    }
    ~SlabRef()
    {
        reset();
    }

    void reset() noexcept
    {
        if (owner_ != nullptr)
        {
            release(owner_);
            owner_ = nullptr;
        }
    }

    sf_owner* get() const noexcept
    {
        return owner_;
    }
    sf_owner* operator->() const noexcept
    {
        return owner_;
    }
    explicit operator bool() const noexcept
    {
        return owner_ != nullptr;
    }
    /// A second reference to the same block.
    SlabRef share() const noexcept
    {
        retain(owner_);
        return SlabRef(owner_);
    }

private:
    sf_owner* owner_ = nullptr;
};

/// References that are given back, with one atomic operation for each run of references to one block.
class Returns
{
public:
    Returns() noexcept = default;
    Returns(const Returns&) = delete;
    Returns& operator=(const Returns&) = delete;
    ~Returns()
    {
        flush();
    }

    /// Takes over one reference; nullptr is none. A block that is larger than a slab holds one message: it
    /// is not kept for the sake of others.
    void add(sf_owner* owner) noexcept
    {
        if (owner != owner_)
        {
            flush();
            if (owner != nullptr && owner->capacity > slab_size)
            {
                release(owner);
                return;
            }
            owner_ = owner;
        }
        references_ += owner == nullptr ? 0 : 1;
    }

    /// Gives back what was added.
    void flush() noexcept
    {
        if (references_ > 0)
        {
            release(owner_, std::exchange(references_, 0));
        }
        owner_ = nullptr;
    }

private:
    sf_owner* owner_ = nullptr;
    std::uint64_t references_ = 0;
};

} // namespace spaceframe::memory
