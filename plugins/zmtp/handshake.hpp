#pragma once

#include "failure.hpp"
#include "greeting.hpp"
#include "introduction.hpp"
#include "metadata.hpp"
#include "version.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace spaceframe::zmtp
{

// A command of the handshake, or of another kind than a subscription, may have so many bytes. Bounds what a
// peer that is not yet authorised can make us hold (CVE-2019-13132).
inline constexpr std::size_t command_max = 16384;

// From the first byte to READY with the mechanism NULL (RFC 37, "The NULL Security Mechanism"), or to the end
// of a ZMTP 2.0 greeting (RFC 15).
//
// Whoever dialled sends READY with the rest of its greeting. Whoever accepted answers with READY, or with
// ERROR, after the verdict: so a peer that is refused was never let to believe that it may send. A peer of
// ZMTP 2.0 hears our introduction at once, because it may wait for that before it sends its own, and of a
// refusal nothing: there are no commands to say it in.
class Handshake
{
public:
    explicit Handshake(const sf_session_config& config);

    // Appends what is sent before anything was heard.
    Failure start(sf_output& control);

    enum class State
    {
        greeting,     // waits for the peer's greeting
        introduction, // waits for what a ZMTP 2.0 peer says of itself
        command,      // waits for the peer's READY
        authorising,  // `peer` is known: waits for the verdict
        admitted,     // complete
        peer_error,   // the peer refused us: `reason`
        failed        // `failure`
    };

    struct Step
    {
        std::size_t consumed = 0;
        std::size_t need = 0; // as in sf_decode, counted behind `consumed`
    };

    // Takes as many bytes as belong to the handshake and moves on. Appends to `control`.
    Step advance(const std::uint8_t* data, std::size_t size, sf_output& control);

    // The verdict; in State::authorising only. A refusal leads to State::failed.
    void authorise(bool admitted, std::string_view reason, sf_output& control);

    State state() const noexcept
    {
        return state_;
    }

    const Metadata& peer() const noexcept
    {
        return peer_;
    }

    // What both speak. From State::authorising on.
    Version version() const noexcept
    {
        return greeting_.version();
    }

    const std::string& reason() const noexcept
    {
        return reason_;
    }

    const Failure& failure() const noexcept
    {
        return failure_;
    }

private:
    std::size_t take_greeting(const std::uint8_t* data, std::size_t size, sf_output& control);
    void introduce(sf_output& control);
    Step take_introduction(const std::uint8_t* data, std::size_t size);
    Step take_command(const std::uint8_t* data, std::size_t size);
    void handle_command(std::string_view body);
    bool has_space(const sf_output& control);
    void fail(Failure failure);

    State state_ = State::greeting;
    bool dialled_;
    bool rest_sent_ = false;
    Greeting greeting_;
    std::string introduction_;
    std::string ready_;
    Metadata peer_;
    std::string reason_;
    Failure failure_;
};

} // namespace spaceframe::zmtp
