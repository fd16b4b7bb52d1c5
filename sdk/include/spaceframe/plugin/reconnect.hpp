#pragma once

#include <spaceframe/plugin/guard.hpp>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <optional>

namespace spaceframe::plugin
{

// A reconnect policy is a class T, one object for each endpoint that dials:
//
//     T(Host, const Options&)                    // either may be left out
//     std::optional<std::chrono::nanoseconds> next_delay(std::uint32_t attempt, const sf_failure& last);
//                                                // [loop] nothing: stop for good. `attempt` counts from 1
//     void reset() noexcept;                     // [loop] may be left out; a handshake was completed
//     static const void* query(Host, const char* capability) noexcept;      // [any] may be left out
namespace detail
{

template <class T, const auto& Table>
struct Reconnect
{
    static Status create(const sf_host* host, const sf_value* values, std::size_t count,
                         sf_schedule** schedule) noexcept
    {
        return detail::create<T, Table>(host, values, count, schedule);
    }

    static Status next(T& object, std::uint32_t attempt, const sf_failure& last,
                       std::uint64_t& delay) noexcept(noexcept(object.next_delay(attempt, last)))
    {
        const std::optional<std::chrono::nanoseconds> wait = object.next_delay(attempt, last);
        if (!wait)
        {
            return SF_REFUSED;
        }
        delay = static_cast<std::uint64_t>(std::max(*wait, std::chrono::nanoseconds::zero()).count());
        return SF_OK;
    }

    static Status next_delay(sf_schedule* schedule, std::uint32_t attempt, const sf_failure* last,
                             std::uint64_t* delay) noexcept
    {
        return call<T, &Reconnect::next>(schedule, attempt, *last, *delay);
    }

    static void reset([[maybe_unused]] sf_schedule* schedule) noexcept
    {
        if constexpr (requires(T & object) { object.reset(); })
        {
            call<T, &T::reset>(schedule);
        }
    }

    static constexpr sf_reconnect make_table() noexcept
    {
        return {sizeof(sf_reconnect), 0, create, destroy<T, sf_schedule>, next_delay, reset, query<T>};
    }
};

template <class T, const auto& Table>
inline constexpr sf_reconnect reconnect_table = Reconnect<T, Table>::make_table();

} // namespace detail

// The role of class T for SPACEFRAME_PLUGIN. `Table` is a constexpr array of sf_option at namespace scope.
template <class T, const auto& Table = no_options>
constexpr sf_role reconnect_role(const char* name, const char* summary) noexcept
{
    return detail::make_role(SF_ROLE_RECONNECT, name, summary, detail::reconnect_table<T, Table>,
                             std::data(Table), std::size(Table));
}

} // namespace spaceframe::plugin
