#pragma once

#include "version.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstdint>

namespace spaceframe::zmtp
{

// The send half of a session. [serial] Its functions are those of sf_protocol with the same names.
class Sender
{
public:
    // `subscribes`: our pattern is SUB or XSUB.
    explicit Sender(bool subscribes) noexcept : subscribes_(subscribes)
    {}

    // What both ends speak. Before SF_EVENT_READY is reported, and not after it.
    void set_version(Version version) noexcept
    {
        commands_ = version == Version::zmtp_3_1;
    }

    sf_status encode(sf_encode& call) noexcept;

    // One key for all versions: only subscriptions differ between them.
    std::uint64_t encoding_key() const noexcept
    {
        return 0x5A4D'5450'0000'0003; // "ZMTP", 3
    }

    sf_status subscribe(sf_bytes topic, sf_output& output) const noexcept;
    sf_status cancel(sf_bytes topic, sf_output& output) const noexcept;
    sf_status recover(sf_recover& call) const noexcept;

private:
    bool subscribes_;
    bool commands_ = false; // subscriptions are commands (3.1), not messages (3.0 and 2.0)
};

} // namespace spaceframe::zmtp
