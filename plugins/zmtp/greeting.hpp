#pragma once

#include "failure.hpp"
#include "version.hpp"

#include <spaceframe/plugin/abi.h>

#include <array>
#include <cstddef>
#include <cstdint>

namespace spaceframe::zmtp
{

// The greeting of RFC 37, in two stages. First go the signature and the major version, as "Detecting ZMTP 2.0
// Peers" has it; what follows depends on the peer's generation, and goes out as soon as that is known, so two
// staged peers never wait for each other.
inline constexpr std::size_t greeting_size = 64;
inline constexpr std::size_t greeting_opening_size = 11;

// Which protocol the peer speaks, as far as its first bytes tell.
enum class Generation
{
    unknown, // not enough bytes yet
    zmtp_1,  // no signature, or revision 0: ZMTP 1.0, or not ZMTP at all
    zmtp_2,  // revision 1 or 2 (RFC 37): an introduction follows
    zmtp_3   // revision 3 or higher: a newer peer adapts to us
};

// Append to `output`, which has room for greeting_size bytes.
void write_greeting_opening(sf_output& output) noexcept;
void write_greeting_rest(sf_output& output) noexcept;

// Collects the peer's greeting, in pieces of any size.
class Greeting
{
public:
    // Takes what belongs to the greeting; how many bytes that was. Nothing is taken beyond the point at which
    // a peer turns out not to be of generation 3: those bytes are of the older protocol.
    std::size_t take(const std::uint8_t* data, std::size_t size) noexcept;

    Generation generation() const noexcept;

    // All 64 bytes of a peer of generation 3 are there.
    bool complete() const noexcept
    {
        return length_ == greeting_size;
    }

    // What both speak. With generation 2; or once complete.
    Version version() const noexcept;

    // What is wrong so far: generation 1 or, once complete, another mechanism than NULL.
    Failure check() const;

private:
    std::array<std::uint8_t, greeting_size> bytes_{};
    std::size_t length_ = 0;
};

} // namespace spaceframe::zmtp
