/* A reconnect policy without fault, for plug-ins whose fault lies elsewhere. */
#ifndef SPACEFRAME_TESTS_GOOD_ROLE_H
#define SPACEFRAME_TESTS_GOOD_ROLE_H

#include <spaceframe/plugin/abi.h>

static inline sf_status good_create(const sf_host* host, const sf_value* values, size_t count,
                                    sf_schedule** schedule)
{
    static char object;
    (void)host;
    (void)values;
    (void)count;
    *schedule = (sf_schedule*)(void*)&object;
    return SF_OK;
}

static inline void good_destroy(sf_schedule* schedule)
{
    (void)schedule;
}

static inline sf_status good_next_delay(sf_schedule* schedule, uint32_t attempt, const sf_failure* last,
                                        uint64_t* delay)
{
    (void)schedule;
    (void)last;
    *delay = attempt;
    return SF_OK;
}

static inline void good_reset(sf_schedule* schedule)
{
    (void)schedule;
}

static const sf_reconnect good_table = {
    .size = sizeof(sf_reconnect),
    .create = good_create,
    .destroy = good_destroy,
    .next_delay = good_next_delay,
    .reset = good_reset,
};

static const sf_option good_options[] = {
    {.key = "delay", .type = SF_TYPE_DURATION, .default_value = "1s", .minimum = "1ms", .help = "The delay"},
};

/* The initialiser of a role of this name. */
#define GOOD_ROLE(role_name)                                                                                 \
    {                                                                                                        \
        .role = SF_ROLE_RECONNECT, .option_size = sizeof(sf_option), .name = (role_name),                    \
        .summary = "Counts", .table = &good_table, .options = good_options, .option_count = 1                \
    }

/* The fields of a descriptor behind the frozen ones. */
#define GOOD_REST(plugin_name, plugin_roles)                                                                 \
    .name = (plugin_name), .version = "1.2.3", .description = "For tests", .role_size = sizeof(sf_role),     \
    .roles = (plugin_roles), .role_count = sizeof(plugin_roles) / sizeof((plugin_roles)[0])

#if defined(__GNUC__)
#define EXPORT __attribute__((visibility("default")))
#endif

#endif
