#pragma once

#include <cstdint>

namespace spaceframe::pattern
{

/// Names a peer of a socket. A peer that comes back has another epoch, so that nothing is sent to a ghost.
struct PeerId
{
    std::uint32_t index = UINT32_MAX;
    std::uint32_t epoch = 0;

    friend bool operator==(const PeerId&, const PeerId&) = default;
};

} // namespace spaceframe::pattern
