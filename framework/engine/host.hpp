#pragma once

#include "engine/hook_gate.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/plugin/abi.h>

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace spaceframe::plugin_host
{
class Registry;
}

namespace spaceframe::engine
{

/// The services that plug-ins get (`sf_host`), on top of Asio.
class Host : public sf_host
{
public:
    using LogHook = std::function<void(LogLevel, std::string_view)>;

    Host(std::shared_ptr<plugin_host::Registry> registry, LogHook hook);
    Host(const Host&) = delete;
    Host& operator=(const Host&) = delete;

    static Host& from(const sf_host* host) noexcept
    {
        return *const_cast<Host*>(static_cast<const Host*>(host));
    }

    /// [any] One line to the host's log hook, or to stderr where there is none, or where it throws.
    void write_log(LogLevel level, std::string_view line) noexcept;
    /// [any] Everything of the host application that the kernel calls goes through here.
    HookGate& gate() noexcept
    {
        return gate_;
    }
    /// [any] See sf_host.counter.
    std::uint64_t* find_counter(std::string_view name);

    const plugin_host::Registry& registry() const noexcept
    {
        return *registry_;
    }

private:
    std::shared_ptr<plugin_host::Registry> registry_;
    LogHook log_;
    HookGate gate_;
    std::mutex counters_mutex_;
    std::map<std::string, std::unique_ptr<std::uint64_t>, std::less<>> counters_;
};

} // namespace spaceframe::engine
