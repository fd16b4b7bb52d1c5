#pragma once

#include "description.hpp"

#include <spaceframe/manifest.hpp>

#include <memory>

namespace spaceframe::manifest
{

/// How the kernel reads a Manifest.
struct Access
{
    static const std::shared_ptr<const Description>& description(const Manifest& manifest)
    {
        return manifest.description_;
    }

    static Manifest make(std::shared_ptr<const Description> description, std::vector<std::string> warnings)
    {
        return Manifest(std::move(description), std::move(warnings));
    }
};

} // namespace spaceframe::manifest
