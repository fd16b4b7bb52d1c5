#pragma once

#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/options.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <iterator>
#include <new>
#include <span>
#include <system_error>
#include <type_traits>
#include <utility>

// How the wrappers call an author's functions. Not for authors.
namespace spaceframe::plugin::detail
{

// Turns the exception that is being handled into a status with a reason. `host` may be nullptr.
inline Status report_exception(const sf_host* host) noexcept
{
    const auto report = [host](Status status, int os_error, const char* text) noexcept
    {
        if (host != nullptr)
        {
            host->set_error(host, status, os_error, text);
        }
        return status;
    };
    try
    {
        throw;
    }
    catch (const Error& error)
    {
        return report(error.status() == SF_OK ? SF_FAILED : error.status(), error.os_error(), error.what());
    }
    catch (const std::bad_alloc&)
    {
        return report(SF_NO_MEMORY, 0, "an allocation failed");
    }
    catch (const std::system_error& error)
    {
        const bool is_errno = error.code().category() == std::system_category() ||
                              error.code().category() == std::generic_category();
        return report(SF_SYSTEM, is_errno ? error.code().value() : 0, error.what());
    }
    catch (const std::exception& error)
    {
        return report(SF_FAILED, 0, error.what());
    }
    catch (...)
    {
        return report(SF_FAILED, 0, "an exception that is no std::exception");
    }
}

} // namespace spaceframe::plugin::detail

namespace spaceframe::plugin
{

// For callbacks, out of which no exception may get: in a `catch` block, gives the reason of the exception
// that is being handled to the host, and returns the status that stands for it (status.hpp).
inline Status fail_with_exception(Host host) noexcept
{
    return detail::report_exception(host.table());
}

} // namespace spaceframe::plugin

namespace spaceframe::plugin::detail
{

// Calls `function(args...)`, which returns a Status, a Result or a plain value. What throws becomes a status;
// -status for a Result. A noexcept function costs no try block, and `host` is not asked then.
template <auto Function, class HostOf, class... Args>
auto guarded(HostOf host_of, Args&&... args) noexcept
{
    using Returned = std::invoke_result_t<decltype(Function), Args...>;
    if constexpr (std::is_nothrow_invocable_v<decltype(Function), Args...>)
    {
        return std::invoke(Function, std::forward<Args>(args)...);
    }
    else
    {
        static_assert(std::is_same_v<Returned, Status> || std::is_same_v<Returned, Result>,
                      "a function that cannot report a failure must be noexcept");
        try
        {
            return std::invoke(Function, std::forward<Args>(args)...);
        }
        catch (...)
        {
            const Status status = report_exception(host_of());
            return std::is_same_v<Returned, Result> ? static_cast<Returned>(-status)
                                                    : static_cast<Returned>(status);
        }
    }
}

// An object of the author's that the kernel knows by an opaque pointer: a listener, dial, stream or session.
template <class Object>
concept HasHost = requires(const Object& object)
{
    {
        object.host()
    }
    noexcept->std::convertible_to<Host>;
};

template <class Object>
const sf_host* host_of([[maybe_unused]] const Object& object) noexcept
{
    if constexpr (HasHost<Object>)
    {
        return static_cast<Host>(object.host()).table();
    }
    else
    {
        return nullptr;
    }
}

template <auto Function, class Object, class... Args>
auto guarded_member(Object& object, Args&&... args) noexcept
{
    static_assert(HasHost<Object> || std::is_nothrow_invocable_v<decltype(Function), Object&, Args...>,
                  "a member function that may throw needs `Host host() const noexcept` beside it, to which "
                  "its exceptions are reported; or make it noexcept");
    return guarded<Function>(
        [&object]() noexcept
        {
            return host_of(object);
        },
        object, std::forward<Args>(args)...);
}

// Ends an object: by its `close()`, which then disposes of it, or by deleting it.
template <class Object>
void close(Object* object) noexcept
{
    if constexpr (requires { object->close(); })
    {
        static_assert(noexcept(object->close()), "close() must be noexcept");
        object->close();
    }
    else
    {
        delete object;
    }
}

// What `create` makes: the author's object, and the host for reporting its exceptions.
template <class T>
struct Instance
{
    template <class... Args>
    explicit Instance(const sf_host* table, Args&&... args) : host(table)
                                                            , object(std::forward<Args>(args)...)
    {}

    const sf_host* host;
    T object;
};

// Runs a constructor with what it asks for: (Host, Extra..., Options), or without the host or the options.
template <class T, const auto& Table, class Opaque, class... Extra>
Status create(const sf_host* host, const sf_value* values, std::size_t count, Opaque** out,
              Extra... extra) noexcept
{
    try
    {
        const Options options(std::span<const sf_option>(std::data(Table), std::size(Table)), values, count);
        Instance<T>* instance = nullptr;
        if constexpr (std::is_constructible_v<T, Host, Extra..., const Options&>)
        {
            instance = new Instance<T>(host, Host(host), extra..., options);
        }
        else if constexpr (std::is_constructible_v<T, const Options&>)
        {
            instance = new Instance<T>(host, options);
        }
        else if constexpr (std::is_constructible_v<T, Host, Extra...>)
        {
            instance = new Instance<T>(host, Host(host), extra...);
        }
        else
        {
            static_assert(std::is_default_constructible_v<T>,
                          "the class needs a constructor (Host, Options), (Options), (Host) or (); with the "
                          "loop behind the host for a backpressure policy");
            instance = new Instance<T>(host);
        }
        *out = reinterpret_cast<Opaque*>(instance);
        return SF_OK;
    }
    catch (...)
    {
        return report_exception(host);
    }
}

template <class T, class Opaque>
void destroy(Opaque* instance) noexcept
{
    delete reinterpret_cast<Instance<T>*>(instance);
}

// Calls a member function of the author's role class.
template <class T, auto Function, class Opaque, class... Args>
auto call(Opaque* opaque, Args&&... args) noexcept
{
    auto& instance = *reinterpret_cast<Instance<T>*>(opaque);
    return guarded<Function>(
        [&instance]() noexcept
        {
            return instance.host;
        },
        instance.object, std::forward<Args>(args)...);
}

template <class T>
const void* query(const sf_host* host, const char* capability) noexcept
{
    if constexpr (requires { T::query(Host(host), capability); })
    {
        return T::query(Host(host), capability);
    }
    else
    {
        return nullptr;
    }
}

template <class Table>
constexpr sf_role make_role(std::uint32_t kind, const char* name, const char* summary, const Table& table,
                            const sf_option* options, std::size_t count) noexcept
{
    return {kind, sizeof(sf_option), name, summary, &table, options, count};
}

} // namespace spaceframe::plugin::detail
