#pragma once

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace spaceframe::length_prefix
{

// A protocol that is not ZMTP, for tests of the seam between kernel and protocols. A record is a 32-bit
// big-endian word and a body: bit 31 says that another frame of the same message follows, bit 30 that the
// body is no frame but begins with its kind, the other bits are the body's length.
//
//     'H' u8 length, socket type, identity     hello: the first record, sent by both sides at once
//     'S' topic  'C' topic                     subscribes to, or cancels, a topic
//     'E' reason                               refuses the peer
class Session
{
public:
    Session(plugin::Host host, const sf_session_config& config);

    plugin::Host host() const noexcept
    {
        return host_;
    }

    plugin::Status start(sf_time now, sf_output& control) noexcept;
    plugin::Status decode(sf_decode& call);
    plugin::Status authorise(plugin::Status verdict, const char* reason, sf_output& control) noexcept;

    plugin::Status encode(sf_encode& call) noexcept;
    std::uint64_t encoding_key() const noexcept;
    plugin::Status subscribe(sf_bytes topic, sf_output& output) noexcept;
    plugin::Status cancel(sf_bytes topic, sf_output& output) noexcept;
    plugin::Status recover(sf_recover& call) noexcept;

private:
    enum class State
    {
        hello,
        authorising,
        admitted, // READY is still to be reported
        active,
        refused
    };

    plugin::Status check(std::uint32_t word) const noexcept;
    plugin::Status on_control(const std::uint8_t* body, std::size_t size, sf_decode& call);
    plugin::Status on_hello(std::string_view body, sf_decode& call);
    void on_frame(const std::uint8_t* body, std::size_t size, bool more, sf_decode& call) noexcept;

    const plugin::Host host_;
    const std::string socket_type_;
    const std::string identity_;
    const std::uint64_t max_message_size_;
    const std::uint32_t max_frames_;
    State state_ = State::hello;
    std::uint64_t message_size_ = 0;
    std::uint32_t message_frames_ = 0;
    std::string peer_type_;
    std::string peer_identity_;
    std::string reason_;
};

class LengthPrefix
{
public:
    using Session = length_prefix::Session;

    static constexpr std::uint32_t flags = SF_PROTOCOL_BYTES;
    static constexpr std::uint32_t frame_overhead = 4;

    explicit LengthPrefix(plugin::Host host) noexcept : host_(host)
    {}

    std::unique_ptr<Session> session_open(const sf_session_config& config)
    {
        return std::make_unique<Session>(host_, config);
    }

private:
    plugin::Host host_;
};

} // namespace spaceframe::length_prefix
