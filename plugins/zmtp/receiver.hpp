#pragma once

#include "command.hpp"
#include "failure.hpp"
#include "frame_decoder.hpp"
#include "handshake.hpp"
#include "heartbeat.hpp"
#include "settings.hpp"
#include "version.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace spaceframe::zmtp
{

// The receive half of a session: Greeting, Handshake, Active (the states are those of Handshake until it is
// complete). [loop] Its functions are those of sf_protocol with the same names; a status other than SF_OK is
// explained by `failure`.
class Receiver
{
public:
    // `settings` must outlive the receiver; `config` is borrowed.
    Receiver(const Settings& settings, const sf_session_config& config);

    sf_status start(sf_time now, sf_output& control);
    sf_status decode(sf_decode& call);
    sf_status authorise(sf_status verdict, std::string_view reason, sf_output& control);
    sf_status tick(sf_time now, sf_output& control, sf_time& next);

    const Failure& failure() const noexcept
    {
        return failure_;
    }

    // What both speak; set before SF_EVENT_AUTHORISE, constant from then on.
    Version version() const noexcept
    {
        return version_;
    }

private:
    void decode_handshake(sf_decode& call);
    void decode_traffic(sf_decode& call);
    bool take_command(sf_decode& call, FrameDecoder::Cursor& cursor);
    bool handle_command(sf_decode& call, FrameDecoder::Cursor& cursor, const Command& command);
    bool handle_subscription(FrameDecoder::Cursor& cursor, const Command& command, std::uint32_t flag);
    void explain(FrameDecoder::Stop stop, const FrameHeader& header);
    void report_peer_error(sf_decode& call, std::string_view reason);
    void become_active(sf_decode& call);
    void fail(sf_status status, std::string text);

    const Settings& settings_;
    Heartbeat heartbeat_;
    FrameDecoder decoder_;
    std::uint64_t max_message_size_;
    std::uint32_t max_frames_;
    std::size_t seen_ = 0; // bytes that the last call left unconsumed
    sf_time handshake_deadline_ = SF_NEVER;
    std::unique_ptr<Handshake> handshake_; // gone once active
    Version version_ = Version::zmtp_3_1;
    bool from_subscriber_ = false;
    std::string peer_reason_;
    Failure failure_;
};

} // namespace spaceframe::zmtp
