#pragma once

#include "receiver.hpp"
#include "sender.hpp"
#include "settings.hpp"

#include <spaceframe/plugin/host.hpp>

#include <cstdint>

namespace spaceframe::zmtp
{

// One connection: both halves, and the reasons of their failures for the host. The functions are those of
// sf_protocol.
class Session
{
public:
    // `settings` must outlive the session. Throws plugin::Error when `config` cannot be said in ZMTP.
    Session(plugin::Host host, const Settings& settings, const sf_session_config& config);

    plugin::Host host() const noexcept
    {
        return host_;
    }

    plugin::Status start(sf_time now, sf_output& control);
    plugin::Status decode(sf_decode& call);
    plugin::Status authorise(plugin::Status verdict, const char* reason, sf_output& control);
    plugin::Status tick(sf_time now, sf_output& control, sf_time& next);

    plugin::Status encode(sf_encode& call) noexcept;

    std::uint64_t encoding_key() const noexcept
    {
        return sender_.encoding_key();
    }

    plugin::Status subscribe(sf_bytes topic, sf_output& output) noexcept;
    plugin::Status cancel(sf_bytes topic, sf_output& output) noexcept;
    plugin::Status recover(sf_recover& call) noexcept;

private:
    plugin::Status explained(plugin::Status status) const noexcept;

    plugin::Host host_;
    Receiver receiver_;
    Sender sender_;
};

} // namespace spaceframe::zmtp
