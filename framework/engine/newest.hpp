#pragma once

#include "memory/frame_ring.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>

namespace spaceframe::engine
{

/// Keeps of the messages in a queue the newest only: of all, or of each topic, which is the first frame
/// (conflation). Knows where the messages are; that they have left the queue it notices by itself. Not
/// thread-safe.
class Newest
{
public:
    explicit Newest(bool by_topic) noexcept : by_topic_(by_topic)
    {}

    /// Puts `message`, whose references move in, into `queue`, which has room for it: in the place of the
    /// older one of its kind, which is released, or at the end. Returns the charge of the older one, if there
    /// was one. Without memory for its place a message stays beside the next one of its kind.
    std::optional<std::uint64_t> put(memory::FrameRing& queue, std::span<const sf_frame> message) noexcept;

    /// True when `queue` has a message of the kind that begins with `first` and a later number: the numbers
    /// stand in sf_frame::reserved, and wrap.
    bool has_newer(const memory::FrameRing& queue, const sf_frame& first) noexcept;

    /// The charge of the message whose place one that begins with `first` would take; 0 when there is none.
    std::uint64_t charge_of_older(const memory::FrameRing& queue, const sf_frame& first) noexcept;

private:
    std::string_view kind_of(const sf_frame& first) const noexcept;
    bool find(const memory::FrameRing& queue, std::string_view kind, std::size_t& index) noexcept;
    void remember(const memory::FrameRing& queue, std::string_view kind, std::size_t index) noexcept;
    void look_again(const memory::FrameRing& queue) noexcept;

    const bool by_topic_;
    // By the hash of a kind, which a peer chooses and may be large: FrameRing::removed() + the index of the
    // first frame. May be out of date.
    std::unordered_multimap<std::size_t, std::size_t> places_;
};

} // namespace spaceframe::engine
