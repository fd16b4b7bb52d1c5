#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace spaceframe::pattern
{

/// One of the news that wait for the application of an XPUB: a peer subscribed, or cancelled.
struct News
{
    std::size_t place; ///< in the queue; each has its own
    std::string_view topic;
    std::uint32_t peer;
    bool cancel;
    bool turns;           ///< as Publisher::News has it
    std::size_t hash = 0; ///< for find_needless() alone
};

/// Which of the news say nothing any more, as seen by somebody who reads all of them: a subscription with the
/// cancellation that ends it, a subscription that repeats one that waits, and a cancellation that ends
/// nothing. At most two of a topic are left, a cancellation and then a subscription; of a topic of each peer,
/// where `of_each_peer` says that the application is told of each peer's (Publisher::tells_of_each_peer()).
/// Orders `news` anew. Returns their places, in ascending order. Takes O(n log n) whatever the topics are.
/// Throws std::bad_alloc.
std::vector<std::size_t> find_needless(std::span<News> news, bool of_each_peer);

} // namespace spaceframe::pattern
