#pragma once

#include <spaceframe/plugin/guard.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>

namespace spaceframe::plugin
{

// A protocol is a class T, one object for each endpoint, with a nested class T::Session, one object for each
// connection, which is deleted when the connection ends:
//
//     T(Host, const Options&)                    // either may be left out
//     static constexpr std::uint32_t flags = SF_PROTOCOL_BYTES;
//     static constexpr std::uint32_t frame_overhead = 9;
//     std::unique_ptr<Session> session_open(const sf_session_config& config);       // [loop] throws Error
//     static const void* query(Host, const char* capability) noexcept;              // [any] may be left out
//
// and of T::Session, of which those marked * may be left out:
//
//     Host host() const noexcept;                // * needed if a function below is not noexcept
//     Status start(sf_time now, sf_output& control);                                            // [loop] *
//     Status decode(sf_decode& call) noexcept;                                                  // [loop]
//     Status authorise(Status verdict, const char* reason, sf_output& control);                 // [loop]
//     Status tick(sf_time now, sf_output& control, sf_time& next);                              // [loop] *
//     Status encode(sf_encode& call) noexcept;                                                  // [serial]
//     std::uint64_t encoding_key() const noexcept;                                              // [serial] *
//     Status subscribe(sf_bytes topic, sf_output& output);                                      // [serial] *
//     Status cancel(sf_bytes topic, sf_output& output);                                         // [serial] *
//     Status recover(sf_recover& call) noexcept;                                                // [serial] *
namespace detail
{

template <class T, const auto& Table>
struct Protocol
{
    using Session = typename T::Session;

    static Session& object(sf_session* session) noexcept
    {
        return *reinterpret_cast<Session*>(session);
    }

    static Status create(const sf_host* host, const sf_value* values, std::size_t count,
                         sf_protocol_instance** instance) noexcept
    {
        return detail::create<T, Table>(host, values, count, instance);
    }

    static Status open(T& protocol, const sf_session_config& config, sf_session*& out)
    {
        std::unique_ptr<Session> session = protocol.session_open(config);
        if (session == nullptr)
        {
            return SF_FAILED;
        }
        out = reinterpret_cast<sf_session*>(session.release());
        return SF_OK;
    }

    static Status session_open(sf_protocol_instance* instance, const sf_session_config* config,
                               sf_session** session) noexcept
    {
        return call<T, &Protocol::open>(instance, *config, *session);
    }

    static void session_close(sf_session* session) noexcept
    {
        delete &object(session);
    }

    static Status start([[maybe_unused]] sf_session* session, [[maybe_unused]] sf_time now,
                        [[maybe_unused]] sf_output* control) noexcept
    {
        if constexpr (requires { &Session::start; })
        {
            return guarded_member<&Session::start>(object(session), now, *control);
        }
        else
        {
            return SF_OK;
        }
    }

    static Status decode(sf_session* session, sf_decode* call) noexcept
    {
        return guarded_member<&Session::decode>(object(session), *call);
    }

    static Status authorise(sf_session* session, Status verdict, const char* reason,
                            sf_output* control) noexcept
    {
        return guarded_member<&Session::authorise>(object(session), verdict, reason, *control);
    }

    static Status tick([[maybe_unused]] sf_session* session, [[maybe_unused]] sf_time now,
                       [[maybe_unused]] sf_output* control, sf_time* next) noexcept
    {
        if constexpr (requires { &Session::tick; })
        {
            return guarded_member<&Session::tick>(object(session), now, *control, *next);
        }
        else
        {
            *next = SF_NEVER;
            return SF_OK;
        }
    }

    static Status encode(sf_session* session, sf_encode* call) noexcept
    {
        return guarded_member<&Session::encode>(object(session), *call);
    }

    static std::uint64_t encoding_key([[maybe_unused]] sf_session* session) noexcept
    {
        if constexpr (requires { &Session::encoding_key; })
        {
            return guarded_member<&Session::encoding_key>(object(session));
        }
        else
        {
            return 0;
        }
    }

    static Status subscribe([[maybe_unused]] sf_session* session, [[maybe_unused]] sf_bytes topic,
                            [[maybe_unused]] sf_output* output) noexcept
    {
        if constexpr (requires { &Session::subscribe; })
        {
            return guarded_member<&Session::subscribe>(object(session), topic, *output);
        }
        else
        {
            return SF_UNSUPPORTED;
        }
    }

    static Status cancel([[maybe_unused]] sf_session* session, [[maybe_unused]] sf_bytes topic,
                         [[maybe_unused]] sf_output* output) noexcept
    {
        if constexpr (requires { &Session::cancel; })
        {
            return guarded_member<&Session::cancel>(object(session), topic, *output);
        }
        else
        {
            return SF_UNSUPPORTED;
        }
    }

    static Status recover([[maybe_unused]] sf_session* session, [[maybe_unused]] sf_recover* call) noexcept
    {
        if constexpr (requires { &Session::recover; })
        {
            return guarded_member<&Session::recover>(object(session), *call);
        }
        else
        {
            return SF_UNSUPPORTED;
        }
    }

    static constexpr sf_protocol make_table() noexcept
    {
        return {sizeof(sf_protocol),
                T::flags,
                T::frame_overhead,
                0,
                create,
                destroy<T, sf_protocol_instance>,
                session_open,
                session_close,
                start,
                decode,
                authorise,
                tick,
                encode,
                encoding_key,
                subscribe,
                cancel,
                recover,
                query<T>};
    }
};

template <class T, const auto& Table>
inline constexpr sf_protocol protocol_table = Protocol<T, Table>::make_table();

} // namespace detail

// The role of class T for SPACEFRAME_PLUGIN. `Table` is a constexpr array of sf_option at namespace scope.
template <class T, const auto& Table = no_options>
constexpr sf_role protocol_role(const char* name, const char* summary) noexcept
{
    return detail::make_role(SF_ROLE_PROTOCOL, name, summary, detail::protocol_table<T, Table>,
                             std::data(Table), std::size(Table));
}

} // namespace spaceframe::plugin
