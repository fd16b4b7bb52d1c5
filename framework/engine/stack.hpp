#pragma once

#include "engine/failure.hpp"
#include "engine/socket_reporter.hpp"
#include "manifest/description.hpp"

#include <spaceframe/plugin/abi.h>

#include <memory>
#include <vector>

namespace spaceframe::engine
{

/// An option's values as a plug-in gets them; the texts live as long as `use`.
std::vector<sf_value> option_values(const manifest::RoleUse& use);

/// The plug-ins of one endpoint, instantiated with its options. Connections share it.
class Stack
{
public:
    /// Throws boost::system::system_error that names the endpoint.
    Stack(manifest::Endpoint description, SocketReporter& reporter);
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
    ~Stack();

    const manifest::Endpoint description;
    std::string endpoint; ///< for people: as in the manifest, or as bound; constant once connections exist
    SocketReporter& reporter;
    const sf_transport& transport;
    const sf_protocol& protocol;
    sf_transport_instance* transport_instance = nullptr;
    sf_protocol_instance* protocol_instance = nullptr;
};

} // namespace spaceframe::engine
