#include "commands.hpp"

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <utility>

namespace tool
{

std::unique_ptr<spaceframe::Kernel> make_kernel(const spaceframe::Manifest& manifest,
                                                spaceframe::KernelOptions options)
{
    try
    {
        return std::make_unique<spaceframe::Kernel>(manifest, std::move(options));
    }
    catch (const boost::system::system_error& error)
    {
        throw RefusedManifest(error.what());
    }
}

void check(const std::string& file)
{
    const auto manifest = spaceframe::Manifest::load(file);
    for (const std::string& warning : manifest.warnings())
    {
        fmt::print(stderr, "warning: {}\n", warning);
    }
    make_kernel(manifest, {});
    fmt::print("{}: fine\n", file);
}

void explain(const std::string& file, bool json)
{
    const auto manifest = spaceframe::Manifest::load(file);
    fmt::print("{}",
               manifest.explain(json ? spaceframe::ExplainFormat::json : spaceframe::ExplainFormat::text));
}

} // namespace tool
