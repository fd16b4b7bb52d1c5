#include "roles.hpp"

#include "nearest.hpp"
#include "problems.hpp"

#include <fmt/format.h>

#include <optional>
#include <utility>

namespace spaceframe::manifest
{
namespace
{

void apply(RoleUse& use, const std::vector<GivenOption>& given)
{
    for (const GivenOption& each : given)
    {
        const int index = find_option(*use.role, each.key);
        if (index < 0)
        {
            continue;
        }
        const auto i = static_cast<std::size_t>(index);
        std::string ignored;
        if (auto value = plugin_host::parse_value(use.role->options[i], each.text, ignored))
        {
            use.values[i] = std::move(*value);
        }
    }
}

} // namespace

std::string kind_name(std::uint32_t kind)
{
    const std::string name = plugin_host::role_name(kind);
    return kind == SF_ROLE_BACKPRESSURE || kind == SF_ROLE_RECONNECT ? name + " policy" : name;
}

std::vector<const plugin_host::Role*> roles_of(const plugin_host::Registry& registry, std::uint32_t kind)
{
    std::vector<const plugin_host::Role*> result;
    for (const plugin_host::Plugin* plugin : registry.plugins())
    {
        for (const plugin_host::Role& role : plugin->roles)
        {
            if (role.kind == kind)
            {
                result.push_back(&role);
            }
        }
    }
    return result;
}

std::vector<std::string> role_names(const plugin_host::Registry& registry, std::uint32_t kind)
{
    std::vector<std::string> result;
    for (const plugin_host::Role* role : roles_of(registry, kind))
    {
        result.push_back(role->name);
    }
    return result;
}

std::string describe_missing(const plugin_host::Registry& registry, std::uint32_t kind, std::string_view name,
                             std::vector<std::string> also)
{
    std::vector<std::string> known = std::move(also);
    for (std::string& each : role_names(registry, kind))
    {
        known.push_back(std::move(each));
    }
    if (known.empty())
    {
        return fmt::format(
            "no plug-in offers the {} {}, nor any other; expected plug-ins in plugins.search, in "
            "SPACEFRAME_PLUGIN_PATH or beside the library",
            kind_name(kind), quote(name));
    }
    return fmt::format("no plug-in offers the {} {}, expected one of {}{}", kind_name(kind), quote(name),
                       join(known), did_you_mean(name, known));
}

int find_option(const plugin_host::Role& role, std::string_view key)
{
    for (std::size_t i = 0; i < role.options.size(); ++i)
    {
        if (key == role.options[i].key)
        {
            return static_cast<int>(i);
        }
    }
    return -1;
}

RoleUse use_role(const plugin_host::Role& role, const std::vector<GivenOption>& lower,
                 const std::vector<GivenOption>& upper)
{
    RoleUse use;
    use.role = &role;
    use.values = plugin_host::default_values(role.options);
    apply(use, lower);
    apply(use, upper);
    return use;
}

} // namespace spaceframe::manifest
