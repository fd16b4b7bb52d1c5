#pragma once

#include <spaceframe/plugin/abi.h>

#include <string>

namespace spaceframe::manifest
{

/// The services that a plug-in sees while a manifest is checked: it may explain a failure, and everything
/// else is refused, since nothing runs yet. One check on one thread.
class CheckHost
{
public:
    CheckHost();
    CheckHost(const CheckHost&) = delete;
    CheckHost& operator=(const CheckHost&) = delete;

    const sf_host* get() const noexcept;
    /// The last reason that was given; empty when there was none.
    const std::string& reason() const noexcept;

private:
    struct Services
    {
        sf_host table; // first: the address of the table is that of the services
        std::string reason;
    };

    static Services& services(const sf_host* host);

    Services services_;
};

} // namespace spaceframe::manifest
