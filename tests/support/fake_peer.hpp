#pragma once

#include "raw_peer.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace spaceframe::testing
{

// A peer that speaks one version of ZMTP as its RFC has it (15, 23 or 37), over a loopback socket. It shares
// no code with the plug-in. Whatever it hears that does not belong into its version is thrown as a
// std::runtime_error; otherwise it fails as RawPeer does.
class FakePeer
{
public:
    enum class Version
    {
        zmtp_2_0,
        zmtp_3_0,
        zmtp_3_1
    };

    struct Manner
    {
        Version version = Version::zmtp_3_1;
        std::string pattern;   // its wire name
        std::string identity;  // sent by REQ, DEALER and ROUTER only
        std::size_t piece = 1; // bytes of one write
    };

    using Frames = std::vector<std::string>;

    // Takes a connection over, of which nothing was read or written.
    FakePeer(RawPeer peer, Manner manner);

    // The whole handshake. At each step it says no more than the other end must know in order to go on, and
    // waits for the answer before the next: whoever waits for more would wait for ever.
    void shake_hands();
    // Only up to where the peer has told its pattern and identity: what follows may be a refusal.
    void introduce_itself();

    // What the other end said of itself. After shake_hands.
    const std::string& their_pattern() const noexcept
    {
        return their_pattern_;
    }
    const std::string& their_identity() const noexcept
    {
        return their_identity_;
    }

    void send(const Frames& message);
    // The next message. PINGs are answered on the way.
    Frames receive();
    // As SUB or XSUB, in the way of its version.
    void subscribe(std::string_view topic);
    void cancel(std::string_view topic);
    // As PUB or XPUB: the next subscription or cancellation, which must come in the way of its version.
    struct Wish
    {
        bool subscribe;
        std::string topic;

        bool operator==(const Wish&) const = default;
    };
    Wish hear_wish();
    // Sends a PING and returns the context of the PONG, which must be the next thing that comes.
    std::string ping(std::string_view context);

    // Bytes as they are, in pieces.
    void say(std::string_view bytes);
    RawPeer& raw() noexcept
    {
        return raw_;
    }

private:
    std::string introduction() const;
    bool has_identity() const;
    void hear_greeting_2();
    void hear_ready();
    void answer(const std::string& command);

    RawPeer raw_;
    Manner manner_;
    std::string their_pattern_;
    std::string their_identity_;
};

} // namespace spaceframe::testing
