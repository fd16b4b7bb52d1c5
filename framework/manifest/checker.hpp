#pragma once

#include "../plugin/registry.hpp"
#include "description.hpp"
#include "document.hpp"
#include "problems.hpp"

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

namespace spaceframe::manifest
{

/// Loads plug-ins from the manifest's own folders (absolute) and the usual ones.
using RegistryLoader =
    std::function<std::shared_ptr<plugin_host::Registry>(const std::vector<std::filesystem::path>& search)>;

/// Gives a document its meaning. Every error of the whole document is reported; nullptr when there is one.
std::shared_ptr<const Description> check_document(const Document& document,
                                                  const RegistryLoader& load_registry, Problems& problems);

} // namespace spaceframe::manifest
