#pragma once

#include <spaceframe/manifest.hpp>

#include <string>

namespace tool
{

/// `check FILE`: says what is wrong, or that nothing is. Throws ManifestError.
void check(const std::string& file);

/// `explain FILE`. Throws ManifestError.
void explain(const std::string& file, bool json);

/// Writes the warnings of a manifest to stderr.
void print_warnings(const spaceframe::Manifest& manifest);

} // namespace tool
