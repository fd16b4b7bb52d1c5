#pragma once

#include <spaceframe/config.hpp>

#include <string_view>

/// The version of these headers, by https://semver.org. While the major version is 0, the minor version grows
/// with every incompatible change. README.md says what that promises.
#define SPACEFRAME_VERSION_MAJOR 0
#define SPACEFRAME_VERSION_MINOR 1
#define SPACEFRAME_VERSION_PATCH 0
#define SPACEFRAME_VERSION_STRING "0.1.0"

/// For comparisons: `#if SPACEFRAME_VERSION >= 102` is 0.1.2 or later.
#define SPACEFRAME_VERSION                                                                                   \
    (SPACEFRAME_VERSION_MAJOR * 10000 + SPACEFRAME_VERSION_MINOR * 100 + SPACEFRAME_VERSION_PATCH)

namespace spaceframe
{

/// The version of the library that is running: "0.1.0". It may be newer than SPACEFRAME_VERSION_STRING, which
/// is that of the headers. Any thread.
SPACEFRAME_API std::string_view version() noexcept;

} // namespace spaceframe
