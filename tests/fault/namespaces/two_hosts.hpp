#pragma once

#include "cable.hpp"
#include "network_namespace.hpp"

#include <cstdint>
#include <memory>
#include <string>

namespace spaceframe::testing
{

// Two hosts with a cable between them. Each is a network namespace with one interface, "eth", and an address.
// All that cannot be made throws std::system_error.
class TwoHosts
{
public:
    explicit TwoHosts(std::uint64_t seed);

    static constexpr const char* interface = "eth";
    static constexpr const char* client_address = "10.7.0.1";
    static constexpr const char* server_address = "10.7.0.2";

    NetworkNamespace client;
    NetworkNamespace server;

    Cable& cable() noexcept
    {
        return *cable_;
    }

private:
    // Where the cable's ends are: nobody answers there.
    NetworkNamespace middle_;
    std::unique_ptr<Cable> cable_;
};

// What /etc/hosts says, to this process alone: one name. Needs a mount namespace of the process's own.
class HostsFile
{
public:
    HostsFile();
    void set(const std::string& name, const std::string& address);
};

} // namespace spaceframe::testing
