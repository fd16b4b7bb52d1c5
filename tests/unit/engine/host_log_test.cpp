#include "engine/host.hpp"
#include "plugin/registry.hpp"

#include <doctest/doctest.h>

#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

using namespace spaceframe;
using namespace spaceframe::engine;

namespace
{

using Lines = std::vector<std::pair<LogLevel, std::string>>;

std::shared_ptr<plugin_host::Registry> no_plugins()
{
    return plugin_host::Registry::from_descriptors({});
}

} // namespace

TEST_CASE("what a plug-in logs comes to the host's hook, with its level")
{
    Lines lines;
    Host host(no_plugins(),
              [&](LogLevel level, std::string_view line)
              {
                  lines.emplace_back(level, line);
              });
    host.log(&host, SF_LOG_DEBUG, "a");
    host.log(&host, SF_LOG_INFO, "b");
    host.log(&host, SF_LOG_WARNING, "c");
    host.log(&host, SF_LOG_ERROR, "d");
    CHECK(lines == Lines{{LogLevel::debug, "a"},
                         {LogLevel::info, "b"},
                         {LogLevel::warning, "c"},
                         {LogLevel::error, "d"}});
}

TEST_CASE("a line without text, or of a level that nobody knows, is a line")
{
    Lines lines;
    Host host(no_plugins(),
              [&](LogLevel level, std::string_view line)
              {
                  lines.emplace_back(level, line);
              });
    host.log(&host, 99, nullptr);
    host.log(&host, -1, "x");
    CHECK(lines == Lines{{LogLevel::error, ""}, {LogLevel::debug, "x"}});
}

TEST_CASE("a log hook that throws against its promise harms nobody")
{
    Host host(no_plugins(),
              [](LogLevel, std::string_view)
              {
                  throw std::runtime_error("no");
              });
    host.log(&host, SF_LOG_ERROR, "x");
    host.write_log(LogLevel::error, "y");
}
