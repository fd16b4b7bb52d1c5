#pragma once

#include "description.hpp"
#include "document.hpp"
#include "problems.hpp"

#include <spaceframe/manifest.hpp>
#include <spaceframe/manifest_builder.hpp>

#include <memory>

namespace spaceframe::manifest
{

/// What the kernel sees of the public classes.
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

    /// What was built, as the readers of files make it. Reports what is no text.
    static Document document(const ManifestBuilder& builder, Problems& problems);
};

} // namespace spaceframe::manifest
