#pragma once

#include "engine/mutex.hpp"
#include "memory/frame_ring.hpp"
#include "memory/slab.hpp"

#include <boost/container/small_vector.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace spaceframe::engine
{

/// Messages that were taken from the peers' queues together and are received one after another, so that
/// receivers and loops meet at the socket's lock once for many messages.
///
/// Guarded by `mutex`, which is taken before the socket's. It is filled under both.
struct Inbox
{
    /// At most so many messages wait here.
    static constexpr std::size_t capacity = 128;

    struct Loan
    {
        std::uint32_t peer; ///< index
        std::size_t messages;
    };

    Mutex mutex;
    memory::FrameRing frames;
    std::atomic<std::size_t> messages{0};          ///< in `frames`; may be read without the lock
    memory::Returns returns;                       ///< what earlier messages held; kept while others wait
    std::uint64_t delivered = 0;                   ///< messages taken out since the last settlement
    boost::container::small_vector<Loan, 4> loans; ///< what came from whom since then
};

} // namespace spaceframe::engine
