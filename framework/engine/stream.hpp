#pragma once

#include <spaceframe/plugin/abi.h>

#include <memory>

namespace spaceframe::engine
{

/// Closes a stream on the loop where it is.
struct StreamCloser
{
    const sf_transport* transport; ///< outlives it

    void operator()(sf_stream* stream) const noexcept
    {
        transport->stream_close(stream);
    }
};

using StreamPtr = std::unique_ptr<sf_stream, StreamCloser>;

} // namespace spaceframe::engine
