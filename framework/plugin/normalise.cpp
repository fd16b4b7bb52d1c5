#include "normalise.hpp"

#include <spaceframe/plugin/abi.h>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <span>

namespace spaceframe::plugin_host
{

namespace
{

// A function of a table. Tables are standard-layout and all their functions are pointers of one size.
struct Slot
{
    std::size_t offset;
    const char* name;
    bool optional;
};

template <class... Arguments>
sf_status unsupported(Arguments...) noexcept
{
    return SF_UNSUPPORTED;
}

template <class... Arguments>
void nothing(Arguments...) noexcept
{}

template <class... Arguments>
sf_result not_found(Arguments...) noexcept
{
    return -SF_NOT_FOUND;
}

const void* no_capability(const sf_host*, const char*) noexcept
{
    return nullptr;
}

std::uint64_t no_encoding_key(sf_session*) noexcept
{
    return 0;
}

std::uint32_t default_on_full(sf_budget*, const sf_queue_summary*) noexcept
{
    return SF_ON_FULL_DEFAULT;
}

#define SPACEFRAME_SLOT(table, function)                                                                     \
    Slot                                                                                                     \
    {                                                                                                        \
        offsetof(table, function), #function, false                                                          \
    }
#define SPACEFRAME_OPTIONAL_SLOT(table, function)                                                            \
    Slot                                                                                                     \
    {                                                                                                        \
        offsetof(table, function), #function, true                                                           \
    }

constexpr std::array transport_slots{
    SPACEFRAME_SLOT(sf_transport, create),
    SPACEFRAME_SLOT(sf_transport, destroy),
    SPACEFRAME_SLOT(sf_transport, check_address),
    SPACEFRAME_SLOT(sf_transport, listen),
    SPACEFRAME_SLOT(sf_transport, listener_address),
    SPACEFRAME_SLOT(sf_transport, listener_close),
    SPACEFRAME_SLOT(sf_transport, dial),
    SPACEFRAME_SLOT(sf_transport, dial_cancel),
    SPACEFRAME_SLOT(sf_transport, stream_attach),
    SPACEFRAME_SLOT(sf_transport, stream_flags),
    SPACEFRAME_SLOT(sf_transport, stream_read),
    SPACEFRAME_SLOT(sf_transport, stream_write),
    SPACEFRAME_SLOT(sf_transport, stream_wait),
    SPACEFRAME_SLOT(sf_transport, stream_close),
    SPACEFRAME_SLOT(sf_transport, stream_property),
    SPACEFRAME_OPTIONAL_SLOT(sf_transport, query),
};

constexpr std::array protocol_slots{
    SPACEFRAME_SLOT(sf_protocol, create),
    SPACEFRAME_SLOT(sf_protocol, destroy),
    SPACEFRAME_SLOT(sf_protocol, session_open),
    SPACEFRAME_SLOT(sf_protocol, session_close),
    SPACEFRAME_SLOT(sf_protocol, start),
    SPACEFRAME_SLOT(sf_protocol, decode),
    SPACEFRAME_SLOT(sf_protocol, authorise),
    SPACEFRAME_SLOT(sf_protocol, tick),
    SPACEFRAME_SLOT(sf_protocol, encode),
    SPACEFRAME_SLOT(sf_protocol, encoding_key),
    SPACEFRAME_SLOT(sf_protocol, subscribe),
    SPACEFRAME_SLOT(sf_protocol, cancel),
    SPACEFRAME_OPTIONAL_SLOT(sf_protocol, recover),
    SPACEFRAME_OPTIONAL_SLOT(sf_protocol, query),
};

constexpr std::array backpressure_slots{
    SPACEFRAME_SLOT(sf_backpressure, create),         SPACEFRAME_SLOT(sf_backpressure, destroy),
    SPACEFRAME_SLOT(sf_backpressure, try_acquire),    SPACEFRAME_SLOT(sf_backpressure, wait),
    SPACEFRAME_SLOT(sf_backpressure, cancel),         SPACEFRAME_SLOT(sf_backpressure, release),
    SPACEFRAME_SLOT(sf_backpressure, state),          SPACEFRAME_OPTIONAL_SLOT(sf_backpressure, on_full),
    SPACEFRAME_OPTIONAL_SLOT(sf_backpressure, query),
};

constexpr std::array reconnect_slots{
    SPACEFRAME_SLOT(sf_reconnect, create),         SPACEFRAME_SLOT(sf_reconnect, destroy),
    SPACEFRAME_SLOT(sf_reconnect, next_delay),     SPACEFRAME_SLOT(sf_reconnect, reset),
    SPACEFRAME_OPTIONAL_SLOT(sf_reconnect, query),
};

#undef SPACEFRAME_SLOT
#undef SPACEFRAME_OPTIONAL_SLOT

// What a table must reach: a stub can stand in for what comes behind, but not for a callback that has to
// come.
constexpr std::size_t transport_floor = offsetof(sf_transport, stream_property);
constexpr std::size_t protocol_floor = offsetof(sf_protocol, encoding_key);
constexpr std::size_t backpressure_floor = offsetof(sf_backpressure, on_full);
constexpr std::size_t reconnect_floor = offsetof(sf_reconnect, reset);

// Only what lies behind the floor, or is optional, is ever taken from these.
constexpr sf_transport transport_stubs = []
{
    sf_transport stubs{};
    stubs.stream_property = not_found;
    stubs.query = no_capability;
    return stubs;
}();

constexpr sf_protocol protocol_stubs = []
{
    sf_protocol stubs{};
    stubs.encoding_key = no_encoding_key;
    stubs.subscribe = unsupported;
    stubs.cancel = unsupported;
    stubs.recover = unsupported;
    stubs.query = no_capability;
    return stubs;
}();

constexpr sf_backpressure backpressure_stubs = []
{
    sf_backpressure stubs{};
    stubs.on_full = default_on_full;
    stubs.query = no_capability;
    return stubs;
}();

constexpr sf_reconnect reconnect_stubs = []
{
    sf_reconnect stubs{};
    stubs.reset = nothing;
    stubs.query = no_capability;
    return stubs;
}();

using AnyFunction = void (*)();

AnyFunction function_at(const void* table, std::size_t offset)
{
    AnyFunction function = nullptr;
    std::memcpy(&function, static_cast<const std::byte*>(table) + offset, sizeof(function));
    return function;
}

template <class Table>
std::shared_ptr<const void> normalise(const void* given, const Table& stubs, std::span<const Slot> slots,
                                      std::size_t floor, std::string& problem)
{
    std::uint32_t size = 0;
    std::memcpy(&size, given, sizeof(size));
    if (size < floor)
    {
        problem = fmt::format("its table has {} bytes, at least {} are needed", size, floor);
        return nullptr;
    }
    auto table = std::make_shared<Table>(stubs);
    const std::size_t copied =
        std::min<std::size_t>(size, sizeof(Table)) / sizeof(AnyFunction) * sizeof(AnyFunction);
    std::memcpy(table.get(), given, copied);
    table->size = sizeof(Table);
    for (const Slot& slot : slots)
    {
        if (function_at(table.get(), slot.offset) != nullptr)
        {
            continue;
        }
        if (!slot.optional)
        {
            problem = fmt::format("its table lacks the function '{}'", slot.name);
            return nullptr;
        }
        std::memcpy(reinterpret_cast<std::byte*>(table.get()) + slot.offset,
                    reinterpret_cast<const std::byte*>(&stubs) + slot.offset, sizeof(AnyFunction));
    }
    return table;
}

} // namespace

std::shared_ptr<const void> normalise_table(std::uint32_t kind, const void* table, std::string& problem)
{
    if (table == nullptr)
    {
        problem = "it has no table";
        return nullptr;
    }
    switch (kind)
    {
    case SF_ROLE_TRANSPORT:
        return normalise(table, transport_stubs, transport_slots, transport_floor, problem);
    case SF_ROLE_PROTOCOL:
        return normalise(table, protocol_stubs, protocol_slots, protocol_floor, problem);
    case SF_ROLE_BACKPRESSURE:
        return normalise(table, backpressure_stubs, backpressure_slots, backpressure_floor, problem);
    case SF_ROLE_RECONNECT:
        return normalise(table, reconnect_stubs, reconnect_slots, reconnect_floor, problem);
    default:
        problem = fmt::format("its kind {} is unknown", kind);
        return nullptr;
    }
}

} // namespace spaceframe::plugin_host
