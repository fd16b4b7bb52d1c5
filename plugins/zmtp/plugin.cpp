#include "session.hpp"
#include "settings.hpp"
#include "wire.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <cstdint>
#include <memory>
#include <string_view>

namespace spaceframe::zmtp
{

namespace
{

using plugin::option;
using plugin::Type;

constexpr sf_option zmtp_options[] = {
    option("handshake_ivl", Type::duration, "30s",
           "Time from connecting until the handshake must be complete; 0s or infinite for no limit")
        .range("0s", nullptr),
    option("heartbeat_ivl", Type::duration, "0s", "Time between two PINGs to peers of ZMTP 3.1; 0s for none")
        .range("0s", nullptr),
    option("heartbeat_timeout", Type::duration, "0s",
           "Silence after a PING that ends the connection; 0s for the same as heartbeat_ivl")
        .range("0s", nullptr),
    option("heartbeat_ttl", Type::duration, "0s",
           "Silence after which the peer of our PINGs shall end the connection, in tenths of a second; 0s "
           "for none")
        .range("0s", "6553500ms"),
};

class Zmtp
{
public:
    using Session = zmtp::Session;

    static constexpr std::uint32_t flags = SF_PROTOCOL_BYTES;
    static constexpr std::uint32_t frame_overhead = long_header;

    Zmtp(plugin::Host host, const plugin::Options& options)
        : host_(host)
        , settings_{duration(options, "handshake_ivl"), duration(options, "heartbeat_ivl"),
                    duration(options, "heartbeat_timeout"), duration(options, "heartbeat_ttl")}
    {
        const bool beats = settings_.heartbeat_ivl != 0 && settings_.heartbeat_ivl != SF_NEVER;
        if (!beats && (settings_.heartbeat_timeout != 0 || settings_.heartbeat_ttl != 0))
        {
            host.log(SF_LOG_WARNING, "zmtp: heartbeat_timeout and heartbeat_ttl mean nothing as long as no "
                                     "heartbeats are sent; expected beside heartbeat_ivl");
        }
    }

    std::unique_ptr<Session> session_open(const sf_session_config& config)
    {
        return std::make_unique<Session>(host_, settings_, config);
    }

private:
    static sf_time duration(const plugin::Options& options, std::string_view key)
    {
        const auto value = options.duration(key);
        return value == plugin::infinite ? SF_NEVER : static_cast<sf_time>(value.count());
    }

    plugin::Host host_;
    Settings settings_;
};

} // namespace

} // namespace spaceframe::zmtp

SPACEFRAME_PLUGIN("zmtp", "0.1.0", "ZMTP, the wire protocol of ZeroMQ",
                  spaceframe::plugin::protocol_role<spaceframe::zmtp::Zmtp, spaceframe::zmtp::zmtp_options>(
                      "zmtp", "ZMTP 3.1, 3.0 and 2.0 with the mechanism NULL"))
