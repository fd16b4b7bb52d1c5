#pragma once

#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace spaceframe::plugin_host
{

struct Plugin;

/// A role that a loaded plug-in offers. Immutable; its address is stable as long as its registry lives.
struct Role
{
    std::uint32_t kind = 0; ///< SF_ROLE_...
    std::string name;
    std::string summary;
    std::span<const sf_option> options; ///< checked; rows of our own full size; owned by `option_storage`
    const void* table = nullptr;    ///< normalised: every function can be called; owned by `table_storage`
    const Plugin* plugin = nullptr; ///< who offers it
    std::vector<sf_option> option_storage;
    std::shared_ptr<const void> table_storage;

    /// The role's table: sf_transport, sf_protocol, sf_backpressure or sf_reconnect, as `kind` says.
    template <class Table>
    const Table& as() const
    {
        return *static_cast<const Table*>(table);
    }
};

/// A loaded plug-in.
struct Plugin
{
    std::string name;
    std::string version;
    std::string description;
    std::string tag; ///< free text: the compiler, say
    std::uint16_t abi_major = 0;
    std::uint16_t abi_minor = 0;
    std::filesystem::path file; ///< absolute, links resolved; empty when built into the kernel
    std::vector<Role> roles;
};

/// "transport", "protocol", "backpressure", "reconnect"; "unknown" for anything else.
const char* role_name(std::uint32_t kind);

} // namespace spaceframe::plugin_host
