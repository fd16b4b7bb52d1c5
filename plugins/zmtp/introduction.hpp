#pragma once

#include "failure.hpp"
#include "metadata.hpp"

#include <spaceframe/plugin/abi.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace spaceframe::zmtp
{

// What follows the signature and the revision of a ZMTP 2.0 peer (RFC 15): a byte for its pattern, and a
// short frame with its identity.
inline constexpr std::size_t introduction_max = 1 + 2 + identity_max;

// Ours. Empty where ZMTP 2.0 has no byte for the pattern. As RFC 15 has it, an XPUB passes as a PUB and an
// XSUB as a SUB.
std::string make_introduction(const sf_session_config& config);

struct IntroductionStep
{
    std::size_t consumed = 0; // 0, or the whole introduction: `out` is known
    std::size_t need = 0;     // while it is not whole: how many bytes of it must be there
    Failure failure;          // what is wrong, as soon as it is seen
};

// Reads the peer's. Wrong are: a byte that names none of the eleven patterns (libzmq has numbers of its own
// for XPUB and XSUB), an identity in a frame that is long or has flags, and an identity that READY might not
// have either.
IntroductionStep read_introduction(const std::uint8_t* data, std::size_t size, Metadata& out);

} // namespace spaceframe::zmtp
