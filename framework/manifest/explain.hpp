#pragma once

#include "description.hpp"

#include <string>

namespace spaceframe::manifest
{

/// The description as a manifest in INFO that leaves nothing to defaults; comments name plug-ins, versions
/// and files. It ends with a line break.
std::string explain_text(const Description& description);

/// The same as JSON; docs/manifest.md lists its members.
std::string explain_json(const Description& description);

} // namespace spaceframe::manifest
