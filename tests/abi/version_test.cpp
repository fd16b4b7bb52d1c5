#include <spaceframe/version.hpp>

#include <doctest/doctest.h>

#include <string>

TEST_CASE("headers, library and project have one version")
{
    CHECK(SPACEFRAME_VERSION_STRING == std::string(SPACEFRAME_PROJECT_VERSION));
    CHECK(spaceframe::version() == SPACEFRAME_PROJECT_VERSION);
    CHECK(std::to_string(SPACEFRAME_VERSION_MAJOR) + "." + std::to_string(SPACEFRAME_VERSION_MINOR) + "." +
              std::to_string(SPACEFRAME_VERSION_PATCH) ==
          SPACEFRAME_PROJECT_VERSION);
    CHECK(SPACEFRAME_VERSION / 10000 == SPACEFRAME_VERSION_MAJOR);
    CHECK(SPACEFRAME_VERSION / 100 % 100 == SPACEFRAME_VERSION_MINOR);
    CHECK(SPACEFRAME_VERSION % 100 == SPACEFRAME_VERSION_PATCH);
}
