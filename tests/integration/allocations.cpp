#include "allocations.hpp"

#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <new>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define SPACEFRAME_TEST_SANITIZED
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SPACEFRAME_TEST_SANITIZED
#endif

#ifdef SPACEFRAME_TEST_SANITIZED
// Of the sanitizers' interface, for which gcc has no header. NOLINTNEXTLINE
extern "C" int __sanitizer_install_malloc_and_free_hooks(void (*on_malloc)(const volatile void*, std::size_t),
                                                         void (*on_free)(const volatile void*));
#endif

namespace
{

thread_local std::size_t here = 0;
std::atomic<std::ptrdiff_t> outstanding{0};

// Passes on what was asked for.
[[maybe_unused]] void* count(void* memory) noexcept
{
    ++here;
    outstanding.fetch_add(memory != nullptr ? 1 : 0, std::memory_order_relaxed);
    return memory;
}

#ifdef SPACEFRAME_TEST_SANITIZED
// The sanitizer's malloc tells.
[[maybe_unused]] const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* /*memory*/, std::size_t /*size*/)
    {
        ++here;
        outstanding.fetch_add(1, std::memory_order_relaxed);
    },
    [](const volatile void* memory)
    {
        outstanding.fetch_sub(memory != nullptr ? 1 : 0, std::memory_order_relaxed);
    });
#endif

} // namespace

namespace spaceframe::testing
{

std::size_t allocations_here() noexcept
{
    return here;
}

std::ptrdiff_t allocations_outstanding() noexcept
{
    return outstanding.load();
}

} // namespace spaceframe::testing

#ifndef SPACEFRAME_TEST_SANITIZED

// Definitions in the program stand for those of its shared libraries, too, if they can be seen from there:
// clang hides them otherwise. Operator new comes here as well.
#pragma GCC visibility push(default)
extern "C"
{
// NOLINTBEGIN: what glibc itself calls them
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* memory);
// NOLINTEND

void* malloc(std::size_t size) noexcept
{
    return count(__libc_malloc(size));
}

void* calloc(std::size_t number, std::size_t size) noexcept
{
    return count(__libc_calloc(number, size));
}

void* realloc(void* memory, std::size_t size) noexcept
{
    void* const moved = __libc_realloc(memory, size);
    if (memory == nullptr)
    {
        return count(moved);
    }
    ++here;
    outstanding.fetch_sub(moved == nullptr && size == 0 ? 1 : 0, std::memory_order_relaxed);
    return moved;
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    return count(__libc_memalign(alignment, size));
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept
{
    *memory = count(__libc_memalign(alignment, size));
    return *memory == nullptr ? ENOMEM : 0;
}

void free(void* memory) noexcept
{
    outstanding.fetch_sub(memory != nullptr ? 1 : 0, std::memory_order_relaxed);
    __libc_free(memory);
}
}
#pragma GCC visibility pop

// Whatever standard library is there, its operator new is seen.

void* operator new(std::size_t size)
{
    void* const memory = std::malloc(size == 0 ? 1 : size);
    if (memory == nullptr)
    {
        throw std::bad_alloc();
    }
    return memory;
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    void* memory = nullptr;
    if (::posix_memalign(&memory, static_cast<std::size_t>(alignment), size) != 0)
    {
        throw std::bad_alloc();
    }
    return memory;
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

#endif
