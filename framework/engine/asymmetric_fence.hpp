#pragma once

#include <atomic>

namespace spaceframe::engine
{

/// A pair of fences between one thread that passes often and another that passes rarely (membarrier(2)): what
/// either did before its fence is seen by the other after its own, at least one way round. The light one
/// costs nothing where the system has membarrier, and is a full fence where it does not.
extern const bool has_heavy_fence;

inline void light_fence() noexcept
{
    if (has_heavy_fence)
    {
        std::atomic_signal_fence(std::memory_order_seq_cst);
    }
    else
    {
        std::atomic_thread_fence(std::memory_order_seq_cst);
    }
}

void heavy_fence() noexcept;

} // namespace spaceframe::engine
