#pragma once

#include <string>

namespace spaceframe::manifest
{

/// What Boost.PropertyTree forgets of a key. Scanners list the keys of a document in the order in which they
/// are written, parents before children; what is repeated is there once each time, whatever the form does for
/// it.
struct ScannedKey
{
    std::string key; ///< escapes resolved
    int line = 0;
    int depth = 0; ///< 0 at the top
    bool has_value = false;
    bool has_block = false;
    bool is_empty = false; ///< both of the above: an XML element with nothing in it may be either
    std::string problem{}; ///< why the form does not allow what was written here; empty when it does
};

} // namespace spaceframe::manifest
