#include "conclude.hpp"

#include "access.hpp"
#include "checker.hpp"

#include <system_error>
#include <utility>

namespace spaceframe::manifest
{

void raise(const Problems& problems)
{
    throw ManifestError(problems.errors(), problems.plugin_broken());
}

Manifest conclude(Document document, Problems& problems)
{
    std::error_code failed;
    document.directory =
        std::filesystem::absolute(document.directory.empty() ? "." : document.directory, failed);
    auto description = check_document(document, &plugin_host::Registry::load, problems);
    if (!description)
    {
        raise(problems);
    }
    return Access::make(std::move(description), problems.warnings());
}

} // namespace spaceframe::manifest
