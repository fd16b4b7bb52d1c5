#pragma once

#include <spaceframe/plugin/abi.h>

namespace spaceframe::zmtp
{

// Encodes whole messages as sf_protocol.encode has it. The bytes are the same for peers of every version.
//
// SF_INVALID: the frames end within the first message. SF_TOO_LARGE: the first message needs 4 GiB or more of
// encoded bytes, because its bodies have no owner by which they could be referred to.
sf_status encode_frames(sf_encode& call) noexcept;

// What encode_frames made, backwards, as sf_protocol.recover has it. Commands are skipped; with
// `skip_subscriptions` also the messages by which a subscriber tells a peer below ZMTP 3.1 its topics.
//
// SF_INVALID: the bytes are no whole messages.
sf_status recover_frames(sf_recover& call, bool skip_subscriptions) noexcept;

} // namespace spaceframe::zmtp
