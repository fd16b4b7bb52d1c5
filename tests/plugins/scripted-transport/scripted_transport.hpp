#pragma once

#include "wire.hpp"

#include <spaceframe/plugin/plugin.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

// A transport inside the process that moves as many bytes at a time as a script says, for tests of the seam
// between kernel and transports. An address is a name: letters, digits, '-', '_', '.' and '/'.
//
// A connection of "mem", not of "memp", can be adopted: its handle is any number but 0, and the two that
// adopt the same one are its ends.
namespace spaceframe::scripted_transport
{

inline constexpr sf_option options[] = {
    plugin::option("read_at_most", plugin::Type::text, "0",
                   "Bytes that a read gives at most: a list such as 1,7,3, gone through again and again; 0 "
                   "for no limit"),
    plugin::option("write_at_most", plugin::Type::text, "0", "Bytes that a write takes at most: likewise"),
    plugin::option("close_after_bytes", plugin::Type::bytes, "0",
                   "Ends each connection once this end wrote so many bytes; 0 for never"),
    plugin::option(
        "fail_write_at", plugin::Type::bytes, "0",
        "Fails one write once this end wrote so many bytes, and goes on; the other end's reads fail "
        "when anything is written after that; 0 for never"),
    plugin::option("fail_for_memory", plugin::Type::boolean, "false",
                   "That write fails because there is no memory, and otherwise for no reason"),
    plugin::option("stall_write_at", plugin::Type::bytes, "0",
                   "Takes nothing more once this end wrote so many bytes; 0 for never"),
    plugin::option("stall_until", plugin::Type::bytes, "0",
                   "Bytes that the other end must have written for that to be over; 0 for never over"),
};

class Listening;

// One end of a connection.
class Stream
{
public:
    // `name`: of the listener. `side`: 0 dialled, 1 was accepted.
    Stream(std::shared_ptr<Wire> wire, std::size_t side, std::string name);

    plugin::Status attach(sf_loop* loop) noexcept;
    std::uint32_t flags() const noexcept;
    plugin::Result read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept;
    plugin::Result write(const sf_iov* buffers, std::size_t count) noexcept;
    void wait(std::uint32_t direction, plugin::Callback callback) noexcept;
    plugin::Result property(const char* name, char* buffer, std::size_t capacity) noexcept;
    void close() noexcept;

private:
    const std::shared_ptr<Wire> wire_;
    const std::size_t side_;
    const std::string name_;
};

class Listener
{
public:
    // Throws plugin::Error with EADDRINUSE when somebody listens under this name.
    Listener(plugin::Host host, sf_loop* loop, const Behaviour& behaviour, const char* name,
             plugin::StreamCallback<Stream> accepted);

    plugin::Result address(char* buffer, std::size_t capacity) noexcept;
    void close() noexcept;

private:
    const std::shared_ptr<Listening> listening_;
};

// A dial is decided at once, and reported later.
class Dial
{
public:
    Dial(plugin::Host host, sf_loop* loop, const Behaviour& behaviour, const char* name,
         plugin::StreamCallback<Stream> dialed);

    void cancel() noexcept;

private:
    void report(plugin::Status status) noexcept;

    const plugin::Host host_;
    const plugin::StreamCallback<Stream> dialed_;
    Stream* stream_ = nullptr;
    bool cancelled_ = false;
};

// An end of the connection of that number. Throws plugin::Error with SF_INVALID for 0.
std::unique_ptr<Stream> adopt(plugin::Host host, const Behaviour& behaviour, std::uintptr_t handle);

// `StreamFlags`: SF_STREAM_... of the streams of this scheme.
template <std::uint32_t StreamFlags>
class ScriptedTransport
{
public:
    using Listener = scripted_transport::Listener;
    using Dial = scripted_transport::Dial;
    using Stream = scripted_transport::Stream;

    ScriptedTransport(plugin::Host host, const plugin::Options& values)
        : host_(host)
        , behaviour_{Script("read_at_most", values.text("read_at_most")),
                     Script("write_at_most", values.text("write_at_most")),
                     values.bytes("close_after_bytes"),
                     values.bytes("fail_write_at"),
                     values.boolean("fail_for_memory"),
                     values.bytes("stall_write_at"),
                     values.bytes("stall_until"),
                     StreamFlags}
    {}

    static plugin::Status check_address(plugin::Host host, const char* address, bool listening) noexcept;

    plugin::Status listen(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> accepted,
                          Listener*& listener)
    {
        const plugin::Status status = check_address(host_, address, true);
        if (status == SF_OK)
        {
            listener = new Listener(host_, loop, behaviour_, address, accepted);
        }
        return status;
    }

    plugin::Status dial(sf_loop* loop, const char* address, plugin::StreamCallback<Stream> dialed,
                        Dial*& dial)
    {
        const plugin::Status status = check_address(host_, address, false);
        if (status == SF_OK)
        {
            dial = new Dial(host_, loop, behaviour_, address, dialed);
        }
        return status;
    }

    plugin::Status adopt(std::uintptr_t handle, Stream*& stream) requires(StreamFlags == 0)
    {
        stream = scripted_transport::adopt(host_, behaviour_, handle).release();
        return SF_OK;
    }

private:
    plugin::Host host_;
    Behaviour behaviour_;
};

// SF_INVALID with a reason unless it is a name.
plugin::Status check_name(plugin::Host host, const char* name) noexcept;

template <std::uint32_t StreamFlags>
plugin::Status ScriptedTransport<StreamFlags>::check_address(plugin::Host host, const char* address,
                                                             bool) noexcept
{
    return check_name(host, address);
}

} // namespace spaceframe::scripted_transport
