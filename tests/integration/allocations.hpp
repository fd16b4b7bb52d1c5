#pragma once

#include <cstddef>

namespace spaceframe::testing
{

// How often the calling thread has asked for memory so far: by operator new, or by malloc and its kin, in
// this program or in a shared library.
std::size_t allocations_here() noexcept;

// What all threads have asked for and not given back, in pieces.
std::ptrdiff_t allocations_outstanding() noexcept;

} // namespace spaceframe::testing
