#pragma once

#include "document.hpp"
#include "problems.hpp"

#include <spaceframe/manifest.hpp>

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace spaceframe::manifest
{

/// What the extension of a file says: .info, .json or .xml, in upper or lower case; otherwise `automatic`.
ManifestForm form_of(const std::filesystem::path& file);

/// What a text begins with: JSON with `{`, XML with `<`, anything else is INFO.
ManifestForm form_of_text(std::string_view text);

/// Reads a manifest that `check_source` passed, by the reader of its form.
std::optional<Document> read_document(const std::string& text, ManifestForm form, Problems& problems);

} // namespace spaceframe::manifest
