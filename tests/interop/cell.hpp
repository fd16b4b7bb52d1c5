#pragma once

#include "handed_over.hpp"
#include "peers/peer_process.hpp"
#include "plan.hpp"

#include <cstdint>
#include <string_view>

namespace interop
{

using spaceframe::testing::connect_to;
using spaceframe::testing::Descriptor;

// One way in which a pair meets.
struct Way
{
    bool tcp = true; // or ipc
    bool we_bind = true;
    Parts parts = Parts::many;
    unsigned threads = 1;       // of our kernel
    bool without_empty = false; // no frame of the contents is empty
    // The kernel is handed a connection that somebody else has accepted, where we bind, or dialled so.
    bool adopted = false;
    Descriptor (*dial)(std::string_view endpoint) = connect_to;
};

// Runs a plan between our socket and one of another library. Returns how many messages were checked; an echo
// is not counted again. Throws std::runtime_error with what is wrong on either side.
std::uint64_t exchange(std::string_view ours, std::string_view theirs, const Plan& plan, const Way& way,
                       std::uint64_t seed, const PeerProcess::Program& program = {INTEROP_PEER});

enum class RefusedBy
{
    us,   // an event names the peer's pattern
    them, // an event says that the peer ended the handshake
};

// Brings two together that must not talk: our event tells of a handshake that failed, none is completed, and
// the other side lives on. Which side comes first with its refusal is up to the libraries: libzmq says
// nothing of itself to a peer that has said what it is and does not fit. Throws std::runtime_error when that
// is not so.
RefusedBy refuse(std::string_view ours, std::string_view theirs, bool we_bind,
                 const PeerProcess::Program& program = {INTEROP_PEER});

} // namespace interop
