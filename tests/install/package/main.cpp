// Embeds the kernel and sees the contract: what the components of the package are for.
#include <spaceframe/manifest.hpp>
#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugins.hpp>

#include <filesystem>
#include <iostream>
#include <string>

int main(int argc, char** argv)
{
    const auto listing = spaceframe::list_plugins();
    const std::string contract = std::to_string(SF_ABI_MAJOR) + '.' + std::to_string(SF_ABI_MINOR);
    for (const auto& plugin : listing.plugins)
    {
        if (plugin.contract != contract)
        {
            std::cerr << plugin.name << " was built for contract " << plugin.contract << '\n';
            return 1;
        }
        if (!plugin.file.empty() && (argc < 2 || plugin.file.parent_path() != argv[1]))
        {
            std::cerr << plugin.file << " does not lie in SPACEFRAME_PLUGIN_FOLDER\n";
            return 1;
        }
    }
    return listing.plugins.size() == 5 && listing.problems.empty() ? 0 : 1;
}
