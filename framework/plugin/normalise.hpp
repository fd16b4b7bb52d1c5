#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace spaceframe::plugin_host
{

/// A copy of a role's table in this kernel's full size, so that the hot path makes one unchecked call.
///
/// What the author's table is too short for, or leaves out where it may, becomes a stub: it returns
/// SF_UNSUPPORTED, does nothing, or gives the answer that the contract names for its absence (`query`: NULL,
/// `on_full`: SF_ON_FULL_DEFAULT, `encoding_key`: 0, `stream_property`: -SF_NOT_FOUND). What the author's
/// table has beyond ours is ignored.
///
/// nullptr, and `problem`, when the table is missing, ends before the functions without which the role is
/// nothing, or leaves out one that is not optional; and when `kind` is unknown.
std::shared_ptr<const void> normalise_table(std::uint32_t kind, const void* table, std::string& problem);

} // namespace spaceframe::plugin_host
