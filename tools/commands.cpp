#include "commands.hpp"

#include <fmt/format.h>

#include <cstdio>

namespace tool
{

void print_warnings(const spaceframe::Manifest& manifest)
{
    for (const std::string& warning : manifest.warnings())
    {
        fmt::print(stderr, "warning: {}\n", warning);
    }
}

void check(const std::string& file)
{
    const auto manifest = spaceframe::Manifest::load(file);
    print_warnings(manifest);
    fmt::print("{}: fine\n", file);
}

void explain(const std::string& file, bool json)
{
    const auto manifest = spaceframe::Manifest::load(file);
    fmt::print("{}",
               manifest.explain(json ? spaceframe::ExplainFormat::json : spaceframe::ExplainFormat::text));
}

} // namespace tool
