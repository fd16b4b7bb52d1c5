#pragma once

#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/options.hpp>
#include <spaceframe/plugin/posix/adoptable.hpp>
#include <spaceframe/plugin/posix/socket_dial.hpp>
#include <spaceframe/plugin/posix/socket_kind.hpp>
#include <spaceframe/plugin/posix/socket_listener.hpp>
#include <spaceframe/plugin/posix/socket_stream.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace spaceframe::plugin::posix
{

// A socket that listens.
struct Listening
{
    Descriptor socket;
    std::string address;                       // what a peer would dial
    std::shared_ptr<void> companion = nullptr; // ends with the listener; see SocketListener
};

// Where a dial leads: to addresses, or to a name that has to be looked up.
struct DialTarget
{
    struct Name
    {
        std::string node;
        std::string service;
        std::uint32_t resolve_flags = 0; // SF_RESOLVE_…
    };

    std::vector<sf_address> addresses; // at least one, unless there is a name
    std::optional<Name> name = std::nullopt;
};

// A transport over the system's stream sockets, as a class for transport_role(). What its kind of socket has
// of its own is a class Sockets, derived from SocketKind, one object for each endpoint; these functions may
// throw:
//
//     explicit Sockets(const Options&)
//     static void check_address(const char* address, bool listening);  // throws Error with SF_INVALID
//     Listening listen(const char* address) const;
//     DialTarget target(const char* address) const;
//     std::chrono::nanoseconds connect_timeout() const noexcept;       // see SocketDial
//     static std::span<const int> families() noexcept;  // may be left out: address families of sockets that
//                                                       // hosts may hand over; without it, none
//
// Threads, ownership and results: each function as abi.h has it under the same name.
template <class Sockets>
class SocketTransport
{
public:
    using Listener = SocketListener;
    using Dial = SocketDial;
    using Stream = SocketStream;

    SocketTransport(Host host, const Options& options)
        : host_(host)
        , sockets_(std::make_shared<const Sockets>(options))
    {}

    static Status check_address(Host /*host*/, const char* address, bool listening)
    {
        Sockets::check_address(address, listening);
        return SF_OK;
    }

    Status listen(sf_loop* loop, const char* address, StreamCallback<Stream> accepted, Listener*& listener)
    {
        Listening bound = sockets_->listen(address);
        listener = new Listener(host_, loop, std::move(bound.socket), std::move(bound.address), sockets_,
                                accepted, std::move(bound.companion));
        listener->start();
        return SF_OK;
    }

    Status dial(sf_loop* loop, const char* address, StreamCallback<Stream> dialed, Dial*& dial)
    {
        DialTarget target = sockets_->target(address);
        auto made =
            std::make_unique<Dial>(host_, loop, address, sockets_, sockets_->connect_timeout(), dialed);
        if (!target.name)
        {
            made->start(std::move(target.addresses));
        }
        else if (const Status status = made->start(target.name->node.c_str(), target.name->service.c_str(),
                                                   target.name->resolve_flags);
                 status != SF_OK)
        {
            return status;
        }
        dial = made.release();
        return SF_OK;
    }

    // `handle`: a file descriptor, of a connected stream socket of one of the families. On success it does
    // not block any more, is closed by exec, and has the endpoint's options.
    Status adopt(std::uintptr_t handle, Stream*& stream) requires requires
    {
        Sockets::families();
    }
    {
        const int fd = check_adoptable(handle, Sockets::families());
        auto made = std::make_unique<Stream>(host_, Descriptor(), sockets_->properties(fd, peer_address(fd)));
        sockets_->prepare(fd);
        sockets_->configure(fd);
        make_ready(fd);
        made->own(Descriptor(fd));
        stream = made.release();
        return SF_OK;
    }

private:
    Host host_;
    std::shared_ptr<const Sockets> sockets_;
};

} // namespace spaceframe::plugin::posix
