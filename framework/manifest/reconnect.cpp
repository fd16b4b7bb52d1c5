#include "reconnect.hpp"

#include "defaults.hpp"
#include "form.hpp"
#include "roles.hpp"

#include <chrono>
#include <cstdint>
#include <limits>
#include <string_view>

namespace spaceframe::manifest
{
namespace
{

constexpr const char* interval_key = "reconnect_ivl";
constexpr const char* interval_max_key = "reconnect_ivl_max";
constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

const GivenOption* find_given(const std::vector<GivenOption>& given, std::string_view key)
{
    for (const GivenOption& option : given)
    {
        if (option.key == key)
        {
            return &option;
        }
    }
    return nullptr;
}

// The value in nanoseconds, with the default where nothing is given; nothing for a value that was reported.
std::optional<std::int64_t> duration_of(const GivenOption* option, const char* key)
{
    const sf_option& row = find_setting(key)->option;
    std::string ignored;
    const auto value =
        plugin_host::parse_value(row, option == nullptr ? row.default_value : option->text, ignored);
    return value ? std::optional(value->integer) : std::nullopt;
}

std::string text_of(const GivenOption* option, const char* key)
{
    return option == nullptr ? find_setting(key)->option.default_value : option->text;
}

} // namespace

ReconnectWish read_reconnect(const Context& context, const Node& place, const std::vector<GivenOption>& given,
                             const std::string& path)
{
    ReconnectWish wish;
    wish.policy = find_child(place, "reconnect");
    wish.interval = find_given(given, interval_key);
    wish.interval_max = find_given(given, interval_max_key);
    const GivenOption* interval = wish.interval != nullptr ? wish.interval : wish.interval_max;
    if (wish.policy != nullptr && interval != nullptr)
    {
        context.problems.error(
            interval->line, path_of(path, interval->key),
            "found beside reconnect, expected one of the two: a policy, or ZeroMQ's intervals");
        wish.interval = wish.interval_max = nullptr;
    }
    return wish;
}

std::optional<Choice> choose_reconnect(const Context& context, const ReconnectWish& wish,
                                       const ReconnectWish& outer, const std::string& path)
{
    if (wish.policy != nullptr)
    {
        const std::string policy_path = path_of(path, "reconnect");
        if (is_value(*wish.policy, policy_path, context.problems))
        {
            return choose(context, SF_ROLE_RECONNECT, wish.policy->value, wish.policy->line, policy_path);
        }
        Choice unresolved;
        unresolved.kind = SF_ROLE_RECONNECT;
        return unresolved;
    }
    if (wish.interval == nullptr && wish.interval_max == nullptr)
    {
        return std::nullopt;
    }
    const GivenOption* first = wish.interval != nullptr ? wish.interval : outer.interval;
    const GivenOption* last = wish.interval_max != nullptr ? wish.interval_max : outer.interval_max;
    const GivenOption& where = wish.interval != nullptr ? *wish.interval : *wish.interval_max;
    const std::string where_path = path_of(path, where.key);

    Choice choice;
    choice.kind = SF_ROLE_RECONNECT;
    const auto interval = duration_of(first, interval_key);
    const auto interval_max = duration_of(last, interval_max_key);
    if (!interval || !interval_max)
    {
        return choice;
    }
    std::string_view name = defaults::fixed_reconnect;
    std::vector<GivenOption> preset{
        {std::string(defaults::fixed_interval), text_of(first, interval_key), where.line}};
    if (*interval == never)
    {
        name = defaults::never_reconnect;
        preset.clear();
    }
    else if (*interval_max > *interval)
    {
        name = defaults::growing_reconnect;
        preset = {{std::string(defaults::growing_initial), text_of(first, interval_key), where.line},
                  {std::string(defaults::growing_max), text_of(last, interval_max_key), where.line}};
    }
    choice = choose(context, SF_ROLE_RECONNECT, std::string(name), where.line, where_path);
    if (choice.role != nullptr && choice.policy == nullptr)
    {
        RolesInPlay roles;
        roles.add(choice.role);
        for (const GivenOption& option : preset)
        {
            roles.check(context, option, where_path);
        }
        choice.preset = use_role(*choice.role, preset, {});
        choice.closed = true;
    }
    return choice;
}

} // namespace spaceframe::manifest
