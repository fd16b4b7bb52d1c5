#pragma once

#include <spaceframe/plugin/guard.hpp>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <iterator>

namespace spaceframe::plugin
{

// Announces a stream that was accepted or dialled; the stream then belongs to the kernel. Called on the loop,
// never inside `listen` or `dial`.
template <class Stream>
struct StreamCallback
{
    sf_accepted function = nullptr; // sf_dialed has the same type
    void* context = nullptr;

    void operator()(Stream* stream) const
    {
        function(context, SF_OK, reinterpret_cast<sf_stream*>(stream));
    }

    // Give the reason with Host::fail before.
    void fail(Status status) const
    {
        function(context, status, nullptr);
    }
};

// A transport is a class T, one object for each endpoint, with nested classes Listener, Dial and Stream. What
// is marked * may be left out.
//
//     T(Host, const Options&)                    // either may be left out
//     static Status check_address(Host host, const char* address, bool listening);              // [any]
//     Status listen(sf_loop* loop, const char* address, StreamCallback<Stream> accepted,
//                   Listener*& listener);                                                       // [loop]
//     Status dial(sf_loop* loop, const char* address, StreamCallback<Stream> dialed, Dial*& dial);  // [loop]
//     Status adopt(std::uintptr_t handle, Stream*& stream);          // [any] *: the capability of adopt.h
//     static const void* query(Host, const char* capability) noexcept;                          // [any] *
//
//     Listener:  Result address(char* buffer, std::size_t capacity);                            // [loop]
//                void close() noexcept;                                                         // [loop] *
//     Dial:      void cancel() noexcept;                                                        // [loop]
//     Stream:    Status attach(sf_loop* loop);                                                  // [loop]
//                std::uint32_t flags() const noexcept;                                          // [any] *
//                Result read(std::uint8_t* buffer, std::size_t capacity, std::uint32_t& flags) noexcept;  //
//                [serial] Result write(const sf_iov* buffers, std::size_t count) noexcept;               //
//                [serial] void wait(std::uint32_t direction, Callback callback) noexcept;                //
//                [loop] Result property(const char* name, char* buffer, std::size_t capacity);         //
//                [any] * void close() noexcept;                                                         //
//                [loop] *
//
// `close()` disposes of the object (`delete this`, or later); without it the object is deleted. A Dial
// disposes of itself after it has called back. A class with functions that may throw also has
// `Host host() const noexcept`.
namespace detail
{

template <class T, const auto& Table>
struct Transport
{
    using Listener = typename T::Listener;
    using Dial = typename T::Dial;
    using Stream = typename T::Stream;

    static Stream& object(sf_stream* stream) noexcept
    {
        return *reinterpret_cast<Stream*>(stream);
    }

    static Status create(const sf_host* host, const sf_value* values, std::size_t count,
                         sf_transport_instance** instance) noexcept
    {
        return detail::create<T, Table>(host, values, count, instance);
    }

    static Status check_address(const sf_host* host, const char* address, std::int32_t listening) noexcept
    {
        return guarded<&T::check_address>(
            [host]() noexcept
            {
                return host;
            },
            Host(host), address, listening != 0);
    }

    static Status listen(sf_transport_instance* instance, sf_loop* loop, const char* address,
                         sf_accepted accepted, void* context, sf_listener** listener) noexcept
    {
        Listener* made = nullptr;
        const Status status =
            call<T, &T::listen>(instance, loop, address, StreamCallback<Stream>{accepted, context}, made);
        *listener = reinterpret_cast<sf_listener*>(made);
        return status;
    }

    static Result listener_address(sf_listener* listener, char* buffer, std::size_t capacity) noexcept
    {
        return guarded_member<&Listener::address>(*reinterpret_cast<Listener*>(listener), buffer, capacity);
    }

    static void listener_close(sf_listener* listener) noexcept
    {
        close(reinterpret_cast<Listener*>(listener));
    }

    static Status dial(sf_transport_instance* instance, sf_loop* loop, const char* address, sf_dialed dialed,
                       void* context, sf_dial** dial) noexcept
    {
        Dial* made = nullptr;
        const Status status =
            call<T, &T::dial>(instance, loop, address, StreamCallback<Stream>{dialed, context}, made);
        *dial = reinterpret_cast<sf_dial*>(made);
        return status;
    }

    static void dial_cancel(sf_dial* dial) noexcept
    {
        guarded_member<&Dial::cancel>(*reinterpret_cast<Dial*>(dial));
    }

    static Status stream_attach(sf_stream* stream, sf_loop* loop) noexcept
    {
        return guarded_member<&Stream::attach>(object(stream), loop);
    }

    static std::uint32_t stream_flags([[maybe_unused]] sf_stream* stream) noexcept
    {
        if constexpr (requires { &Stream::flags; })
        {
            return guarded_member<&Stream::flags>(object(stream));
        }
        else
        {
            return 0;
        }
    }

    static Result stream_read(sf_stream* stream, std::uint8_t* buffer, std::size_t capacity,
                              std::uint32_t* flags) noexcept
    {
        return guarded_member<&Stream::read>(object(stream), buffer, capacity, *flags);
    }

    static Result stream_write(sf_stream* stream, const sf_iov* buffers, std::size_t count) noexcept
    {
        return guarded_member<&Stream::write>(object(stream), buffers, count);
    }

    static void stream_wait(sf_stream* stream, std::uint32_t direction, sf_callback callback,
                            void* context) noexcept
    {
        guarded_member<&Stream::wait>(object(stream), direction, Callback{callback, context});
    }

    static void stream_close(sf_stream* stream) noexcept
    {
        close(&object(stream));
    }

    static Result stream_property([[maybe_unused]] sf_stream* stream, [[maybe_unused]] const char* name,
                                  [[maybe_unused]] char* buffer,
                                  [[maybe_unused]] std::size_t capacity) noexcept
    {
        if constexpr (requires { &Stream::property; })
        {
            return guarded_member<&Stream::property>(object(stream), name, buffer, capacity);
        }
        else
        {
            return -SF_NOT_FOUND;
        }
    }

    static constexpr bool can_adopt = requires
    {
        &T::adopt;
    };

    static Status adopt(sf_transport_instance* instance, std::uintptr_t handle,
                        sf_stream** stream) noexcept requires can_adopt
    {
        Stream* made = nullptr;
        const Status status = call<T, &T::adopt>(instance, handle, made);
        *stream = reinterpret_cast<sf_stream*>(made);
        return status;
    }

    static const void* query([[maybe_unused]] const sf_host* host, const char* capability) noexcept
    {
        if constexpr (can_adopt)
        {
            static constexpr sf_adopt table{sizeof(sf_adopt), 0, adopt};
            if (std::strcmp(capability, SF_ADOPT) == 0)
            {
                return &table;
            }
        }
        return detail::query<T>(host, capability);
    }

    static constexpr sf_transport make_table() noexcept
    {
        return {sizeof(sf_transport),
                0,
                create,
                destroy<T, sf_transport_instance>,
                check_address,
                listen,
                listener_address,
                listener_close,
                dial,
                dial_cancel,
                stream_attach,
                stream_flags,
                stream_read,
                stream_write,
                stream_wait,
                stream_close,
                stream_property,
                query};
    }
};

template <class T, const auto& Table>
inline constexpr sf_transport transport_table = Transport<T, Table>::make_table();

} // namespace detail

// The role of class T for SPACEFRAME_PLUGIN; `name` is the scheme of its endpoints. `Table` is a constexpr
// array of sf_option at namespace scope.
template <class T, const auto& Table = no_options>
constexpr sf_role transport_role(const char* name, const char* summary) noexcept
{
    return detail::make_role(SF_ROLE_TRANSPORT, name, summary, detail::transport_table<T, Table>,
                             std::data(Table), std::size(Table));
}

} // namespace spaceframe::plugin
