#pragma once

#include <string_view>

namespace spaceframe::zmtp
{

// What two peers speak with each other: the older one's version, as far as we know it.
enum class Version
{
    zmtp_2_0, // RFC 15: no commands, and no security
    zmtp_3_0, // RFC 23: subscriptions are messages
    zmtp_3_1  // RFC 37: subscriptions are commands; PING and PONG
};

constexpr std::string_view name_of(Version version) noexcept
{
    switch (version)
    {
    case Version::zmtp_2_0:
        return "ZMTP 2.0";
    case Version::zmtp_3_0:
        return "ZMTP 3.0";
    case Version::zmtp_3_1:
        break;
    }
    return "ZMTP 3.1";
}

} // namespace spaceframe::zmtp
