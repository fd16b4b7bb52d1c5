#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <spaceframe/manifest.hpp>

namespace spaceframe::manifest
{

/// Throws ManifestError with what was found.
[[noreturn]] void raise(const Problems& problems);

/// What all ways to a Manifest end with: checks a document with the plug-ins that are there. Relative paths
/// start at its directory, an empty one being the working directory. Throws ManifestError.
Manifest conclude(Document document, Problems& problems);

} // namespace spaceframe::manifest
