#pragma once

#include <spaceframe/manifest.hpp>

#include <string>

namespace outline
{

// What a reader makes of a text: "KEY=VALUE@LINE" of every key, children in parentheses. Or the errors, a
// line each; the file is called "m".
std::string read(std::string text, spaceframe::ManifestForm form);

} // namespace outline
