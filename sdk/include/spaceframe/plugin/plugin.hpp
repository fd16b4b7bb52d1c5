#pragma once

#include <spaceframe/plugin/abi.h>
#include <spaceframe/plugin/backpressure.hpp>
#include <spaceframe/plugin/handles.hpp>
#include <spaceframe/plugin/host.hpp>
#include <spaceframe/plugin/options.hpp>
#include <spaceframe/plugin/protocol.hpp>
#include <spaceframe/plugin/reconnect.hpp>
#include <spaceframe/plugin/status.hpp>
#include <spaceframe/plugin/transport.hpp>

#include <cstddef>

namespace spaceframe::plugin::detail
{

constexpr void copy_tag(char (&tag)[20], const char* compiler, const char* version) noexcept
{
    std::size_t length = 0;
    for (const char* part : {compiler, version})
    {
        while (*part != '\0' && length + 1 < sizeof(tag))
        {
            tag[length++] = *part++;
        }
    }
}

template <std::size_t Count>
constexpr sf_plugin describe(const char* name, const char* version, const char* description,
                             const sf_role (&roles)[Count]) noexcept
{
    sf_plugin plugin{SF_PLUGIN_MAGIC,
                     sizeof(sf_plugin),
                     SF_ABI_MAJOR,
                     SF_ABI_MINOR,
                     {},
                     name,
                     version,
                     description,
                     sizeof(sf_role),
                     0,
                     roles,
                     Count};
#if defined(__clang__)
    copy_tag(plugin.tag, "clang ", __clang_version__);
#elif defined(__GNUC__)
    copy_tag(plugin.tag, "gcc ", __VERSION__);
#endif
    return plugin;
}

} // namespace spaceframe::plugin::detail

// The entry's name: the frozen one in a library of its own, a name of the plug-in's own when it is built into
// the kernel (spaceframe_add_plugin defines the macro then).
#ifdef SPACEFRAME_PLUGIN_STATIC_NAME
#define SPACEFRAME_PLUGIN_ENTRY extern "C" const sf_plugin* SPACEFRAME_PLUGIN_STATIC_NAME()
#else
#define SPACEFRAME_PLUGIN_ENTRY                                                                              \
    extern "C" __attribute__((visibility("default"))) const sf_plugin* spaceframe_plugin()
#endif

// The one line that makes a library a plug-in, at namespace scope in one source file:
//
//     SPACEFRAME_PLUGIN("reconnect-steady", "1.0.0", "Dials again after the same delay",
//                       spaceframe::plugin::reconnect_role<Steady, steady_options>(
//                           "steady", "The same delay each time"))
//
// Any number of roles follow the description.
#define SPACEFRAME_PLUGIN(name, version, description, ...)                                                   \
    SPACEFRAME_PLUGIN_ENTRY                                                                                  \
    {                                                                                                        \
        static constexpr sf_role roles[] = {__VA_ARGS__};                                                    \
        static constexpr sf_plugin plugin =                                                                  \
            ::spaceframe::plugin::detail::describe(name, version, description, roles);                       \
        return &plugin;                                                                                      \
    }
