#include "scarce_memory.hpp"

#include <cstdlib>
#include <new>

namespace
{

using spaceframe::testing::Refuse;

constexpr std::size_t some = 20;

thread_local Refuse refuse = Refuse::nothing;
thread_local std::size_t granted = 0;
thread_local std::size_t refused = 0;

void* take(std::size_t size, std::size_t alignment)
{
    if (refuse != Refuse::nothing && granted-- == 0)
    {
        ++refused;
        granted = 0;
        const bool enough = refuse == Refuse::one || (refuse == Refuse::some && refused == some);
        refuse = enough ? Refuse::nothing : refuse;
        throw std::bad_alloc();
    }
    void* memory = nullptr;
    if (::posix_memalign(&memory, alignment, size) != 0)
    {
        throw std::bad_alloc();
    }
    return memory;
}

} // namespace

// Definitions in the program stand for those of its shared libraries, too, if they can be seen from there.
#pragma GCC visibility push(default)
void* operator new(std::size_t size)
{
    return take(size, alignof(std::max_align_t));
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    return take(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept
{
    std::free(memory);
}
#pragma GCC visibility pop

namespace spaceframe::testing
{

void make_memory_scarce(std::size_t requests, Refuse kind) noexcept
{
    refused = 0;
    granted = requests;
    refuse = kind;
}

std::size_t make_memory_plenty() noexcept
{
    refuse = Refuse::nothing;
    return refused;
}

} // namespace spaceframe::testing
