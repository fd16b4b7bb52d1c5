#include "sender.hpp"

#include "frame_encoder.hpp"
#include "output.hpp"
#include "wire.hpp"

#include <string_view>

namespace spaceframe::zmtp
{

namespace
{

// Appends a frame of `prefix` and `topic`.
sf_status append_subscription(sf_output& output, std::uint8_t flags, std::string_view prefix,
                              sf_bytes topic) noexcept
{
    const std::size_t body = prefix.size() + topic.size;
    const std::size_t needed = header_size(body) + body;
    if (needed > space(output))
    {
        output.length += needed;
        return SF_WOULD_BLOCK;
    }
    output.length += write_header(output.data + output.length, flags, body);
    append(output, prefix);
    append(output, topic.data, topic.size);
    return SF_OK;
}

} // namespace

sf_status Sender::encode(sf_encode& call) noexcept
{
    return encode_frames(call);
}

sf_status Sender::subscribe(sf_bytes topic, sf_output& output) const noexcept
{
    return commands_ ? append_subscription(output, flag_command, "\x09SUBSCRIBE", topic)
                     : append_subscription(output, 0, "\x01", topic);
}

sf_status Sender::cancel(sf_bytes topic, sf_output& output) const noexcept
{
    return commands_ ? append_subscription(output, flag_command,
                                           "\x06"
                                           "CANCEL",
                                           topic)
                     : append_subscription(output, 0, std::string_view("\0", 1), topic);
}

sf_status Sender::recover(sf_recover& call) const noexcept
{
    return recover_frames(call, subscribes_ && !commands_);
}

} // namespace spaceframe::zmtp
