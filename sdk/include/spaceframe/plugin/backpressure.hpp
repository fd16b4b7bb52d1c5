#pragma once

#include <spaceframe/plugin/guard.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>

namespace spaceframe::plugin
{

// A backpressure policy is a class T, one object for each budget:
//
//     T(Host, sf_loop*, const Options&)          // also (Options), (Host, sf_loop*) or ()
//     Status try_acquire(std::uint64_t bytes) noexcept;                             // [any]
//     Status wait(std::uint64_t bytes, Callback granted, sf_ticket& ticket);        // [any]
//     Status cancel(sf_ticket ticket) noexcept;                                     // [any]
//     void release(std::uint64_t bytes) noexcept;                                   // [any]
//     void state(sf_budget_state& state) const noexcept;                            // [any]
//     std::uint32_t on_full(const sf_queue_summary& queue) noexcept;                // [serial] optional
//     static constexpr std::uint32_t flags = SF_BACKPRESSURE_...;                   // optional: 0
//     static const void* query(Host, const char* capability) noexcept;              // [any] optional
//
// With `on_full` the policy says SF_BACKPRESSURE_DECIDES by itself. It says SF_ON_FULL_....
//
// `granted` is run through Host::post on the loop, never inside `wait` or `release`.
namespace detail
{

template <class T, const auto& Table>
struct Backpressure
{
    static Status create(const sf_host* host, sf_loop* loop, const sf_value* values, std::size_t count,
                         sf_budget** budget) noexcept
    {
        return detail::create<T, Table>(host, values, count, budget, loop);
    }

    static Status try_acquire(sf_budget* budget, std::uint64_t bytes) noexcept
    {
        return call<T, &T::try_acquire>(budget, bytes);
    }

    static Status wait(sf_budget* budget, std::uint64_t bytes, sf_callback granted, void* context,
                       sf_ticket* ticket) noexcept
    {
        return call<T, &T::wait>(budget, bytes, Callback{granted, context}, *ticket);
    }

    static Status cancel(sf_budget* budget, sf_ticket ticket) noexcept
    {
        return call<T, &T::cancel>(budget, ticket);
    }

    static void release(sf_budget* budget, std::uint64_t bytes) noexcept
    {
        call<T, &T::release>(budget, bytes);
    }

    static void state(sf_budget* budget, sf_budget_state* state) noexcept
    {
        call<T, &T::state>(budget, *state);
    }

    static std::uint32_t on_full([[maybe_unused]] sf_budget* budget,
                                 [[maybe_unused]] const sf_queue_summary* queue) noexcept
    {
        if constexpr (requires(T & object) { object.on_full(*queue); })
        {
            return call<T, &T::on_full>(budget, *queue);
        }
        else
        {
            return SF_ON_FULL_DEFAULT;
        }
    }

    static constexpr std::uint32_t flags() noexcept
    {
        std::uint32_t result = 0;
        if constexpr (requires { T::flags; })
        {
            result = T::flags;
        }
        if constexpr (requires(T & object, const sf_queue_summary& queue) { object.on_full(queue); })
        {
            result |= SF_BACKPRESSURE_DECIDES;
        }
        return result;
    }

    static constexpr sf_backpressure make_table() noexcept
    {
        return {sizeof(sf_backpressure),
                flags(),
                create,
                destroy<T, sf_budget>,
                try_acquire,
                wait,
                cancel,
                release,
                state,
                on_full,
                query<T>};
    }
};

template <class T, const auto& Table>
inline constexpr sf_backpressure backpressure_table = Backpressure<T, Table>::make_table();

} // namespace detail

// The role of class T for SPACEFRAME_PLUGIN. `Table` is a constexpr array of sf_option at namespace scope.
template <class T, const auto& Table = no_options>
constexpr sf_role backpressure_role(const char* name, const char* summary) noexcept
{
    return detail::make_role(SF_ROLE_BACKPRESSURE, name, summary, detail::backpressure_table<T, Table>,
                             std::data(Table), std::size(Table));
}

} // namespace spaceframe::plugin
