#include "engine/asymmetric_fence.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace spaceframe::engine
{

// Initialised when the library is loaded; false, and thereby right, before.
const bool has_heavy_fence = syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;

void heavy_fence() noexcept
{
    std::atomic_thread_fence(std::memory_order_seq_cst);
    if (has_heavy_fence)
    {
        syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    }
}

} // namespace spaceframe::engine
