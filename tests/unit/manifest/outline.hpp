#pragma once

#include <spaceframe/manifest.hpp>

#include <string>

namespace outline
{

// What a reader makes of a text: "KEY=VALUE@LINE" of every key, children in parentheses. Or the errors, a
// line each, which begin with the name of the file.
std::string read(std::string text, spaceframe::ManifestForm form, const char* file = "m");

} // namespace outline
