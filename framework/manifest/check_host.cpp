#include "check_host.hpp"

#include <chrono>
#include <type_traits>

namespace spaceframe::manifest
{
namespace
{

sf_time now(const sf_host*)
{
    return static_cast<sf_time>(std::chrono::steady_clock::now().time_since_epoch().count());
}

// A service that refuses, in the form that any row of the table needs.
template <class Function>
struct Refusal;

template <class Result, class... Arguments>
struct Refusal<Result (*)(Arguments...)>
{
    static Result call(Arguments...)
    {
        if constexpr (std::is_same_v<Result, sf_status>)
        {
            return SF_UNSUPPORTED;
        }
        else if constexpr (!std::is_void_v<Result>)
        {
            return Result{};
        }
    }
};

template <class Function>
void refuse(Function& row)
{
    row = &Refusal<Function>::call;
}

} // namespace

CheckHost::CheckHost() : services_{}
{
    sf_host& table = services_.table;
    table.size = sizeof(sf_host);
    table.abi_major = SF_ABI_MAJOR;
    table.abi_minor = SF_ABI_MINOR;
    refuse(table.log);
    table.set_error = [](const sf_host* host, sf_status, int32_t, const char* text)
    {
        services(host).reason = text == nullptr ? "" : text;
    };
    table.now = &now;
    refuse(table.post);
    refuse(table.watch_open);
    refuse(table.watch_wait);
    refuse(table.watch_close);
    refuse(table.timer_open);
    refuse(table.timer_start);
    refuse(table.timer_cancel);
    refuse(table.timer_close);
    refuse(table.resolve);
    refuse(table.resolve_cancel);
    refuse(table.slab_allocate);
    refuse(table.retain);
    refuse(table.release);
    refuse(table.counter);
    refuse(table.acquire);
    refuse(table.query);
}

const sf_host* CheckHost::get() const noexcept
{
    return &services_.table;
}

const std::string& CheckHost::reason() const noexcept
{
    return services_.reason;
}

CheckHost::Services& CheckHost::services(const sf_host* host)
{
    return *const_cast<Services*>(reinterpret_cast<const Services*>(host));
}

} // namespace spaceframe::manifest
