#pragma once

#include <spaceframe/peer.hpp>

namespace spaceframe::pattern
{

using spaceframe::PeerId;

} // namespace spaceframe::pattern
