#pragma once

#include "problems.hpp"
#include "scanned_key.hpp"

#include <string_view>
#include <vector>

namespace spaceframe::manifest
{

/// The name of the outermost element.
inline constexpr std::string_view xml_root = "manifest";

/// The keys of an XML document (XML 1.0): the elements in the root, and the attributes of each element, the
/// root's included, before what is in it. Boost's parser checks neither that tags match nor what stands
/// where, so this does. Refused: document types and the entities that they define, CDATA, processing
/// instructions, encodings other than UTF-8, line breaks in attributes, nesting that is too deep; the first
/// error of syntax ends the scan. An attribute that is given twice is left to whoever merges, as a problem of
/// its key.
std::vector<ScannedKey> scan_xml(std::string_view text, Problems& problems);

} // namespace spaceframe::manifest
