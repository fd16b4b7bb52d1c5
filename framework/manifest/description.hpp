#pragma once

#include "../plugin/registry.hpp"
#include "../plugin/role.hpp"
#include "../plugin/value.hpp"
#include "settings.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace spaceframe::manifest
{

/// A role in use, with a value for each option that it has.
struct RoleUse
{
    const plugin_host::Role* role = nullptr; ///< owned by the registry of the description
    std::vector<plugin_host::Value> values;  ///< in the order of role->options, defaults filled in
    std::string policy; ///< the name in `policies` it was given under; empty for one of its own
};

/// One `bind` or `connect`.
struct Endpoint
{
    bool bind = false;
    std::string uri;     ///< scheme://address, variables replaced
    std::string scheme;  ///< the name of the transport's role
    std::string address; ///< as the transport wants it
    RoleUse transport;
    RoleUse protocol;
    RoleUse reconnect; ///< role == nullptr where `bind`: what listens does not reconnect
    Settings settings;
    std::string position; ///< "FILE:LINE: path", for messages; "code" for endpoints that no manifest names
};

/// An option as the manifest gives it at a socket, and where.
struct GivenOption
{
    std::string key;
    std::string text;
    int line = 0;
};

/// One socket.
struct SocketDescription
{
    std::string name;
    std::string pattern; ///< in lower case: "router"
    Settings settings;
    RoleUse backpressure;
    std::vector<Endpoint> endpoints; ///< in the manifest's order
    std::string position;            ///< "FILE:LINE: path"

    // What make_endpoint() builds further endpoints from.
    RoleUse protocol;
    RoleUse reconnect;
    std::vector<GivenOption> given; ///< the options at the socket, in order
};

/// One proxy between two sockets.
struct ProxyDescription
{
    std::string name;
    std::string front; ///< the name of a socket
    std::string back;  ///< the name of another socket
    std::string position;
};

/// One entry of `policies`.
struct PolicyDescription
{
    std::string name;
    std::uint32_t kind = 0; ///< SF_ROLE_…
    RoleUse use;            ///< use.policy is the name
    std::string position;
    int line = 0;
    bool used = false;
};

/// What a manifest says, complete and checked: every name leads to something, every value is in its range.
/// Immutable once made.
struct Description
{
    std::string file;                 ///< the manifest's name, for messages
    unsigned threads = 1;             ///< loops with a thread of their own, 0 to 64; 0: whoever calls drives
    bool threads_given = false;       ///< `threads` stands in the manifest
    std::chrono::nanoseconds spin{0}; ///< how long a loop polls before it sleeps, as long as that pays
    RoleUse backpressure;             ///< the budget that all sockets share
    std::vector<std::string> search;  ///< absolute paths of further plug-in folders
    std::vector<PolicyDescription> policies;
    std::vector<SocketDescription> sockets;
    std::vector<ProxyDescription> proxies;
    std::shared_ptr<plugin_host::Registry> registry;
};

} // namespace spaceframe::manifest
