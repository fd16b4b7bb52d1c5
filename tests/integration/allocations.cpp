#include "allocations.hpp"

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

#ifdef SPACEFRAME_TEST_SANITIZED
// The sanitizer's malloc tells.
[[maybe_unused]] const int hooks = __sanitizer_install_malloc_and_free_hooks(
    [](const volatile void* /*memory*/, std::size_t /*size*/)
    {
        ++here;
    },
    [](const volatile void* /*memory*/) {});
#endif

} // namespace

namespace spaceframe::testing
{

std::size_t allocations_here() noexcept
{
    return here;
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
// NOLINTEND

void* malloc(std::size_t size) noexcept
{
    ++here;
    return __libc_malloc(size);
}

void* calloc(std::size_t count, std::size_t size) noexcept
{
    ++here;
    return __libc_calloc(count, size);
}

void* realloc(void* memory, std::size_t size) noexcept
{
    ++here;
    return __libc_realloc(memory, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) noexcept
{
    ++here;
    return __libc_memalign(alignment, size);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t size) noexcept
{
    ++here;
    *memory = __libc_memalign(alignment, size);
    return *memory == nullptr ? ENOMEM : 0;
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
