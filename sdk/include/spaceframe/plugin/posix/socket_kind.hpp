#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/posix/address.hpp>

#include <string>
#include <utility>
#include <vector>

namespace spaceframe::plugin::posix
{

// The properties of a stream, as sf_transport.stream_property gives them.
using Properties = std::vector<std::pair<std::string, std::string>>;

// What one transport's sockets have of their own. SocketListener and SocketDial are written in terms of it,
// and share it: it may outlive the transport's instance. Its functions may throw.
class SocketKind
{
public:
    virtual ~SocketKind() = default;

    // Sets what must be set before a socket listens or connects, such as the sizes of its buffers.
    virtual void prepare(int fd) const = 0;

    // Sets what a connection has of its own, such as TCP_NODELAY, after it was accepted or dialled.
    virtual void configure(int fd) const = 0;

    // "peer", "local" and what else the transport knows of a connection. `peer` is of length 0 when it is not
    // known.
    virtual Properties properties(int fd, const sf_address& peer) const = 0;

protected:
    SocketKind() = default;
    SocketKind(const SocketKind&) = default;
    SocketKind& operator=(const SocketKind&) = default;
};

} // namespace spaceframe::plugin::posix
