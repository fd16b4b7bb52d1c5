/* A plug-in in C, written against abi.h alone: a policy that dials again after a constant delay. */
#include <spaceframe/plugin/abi.h>

#include <stdlib.h>

struct sf_schedule
{
    uint64_t delay;
    uint32_t attempts;
};

static sf_status create(const sf_host* host, const sf_value* values, size_t count, sf_schedule** schedule)
{
    if (count != 1)
    {
        host->set_error(host, SF_INVALID, 0, "one option is expected");
        return SF_INVALID;
    }
    sf_schedule* const made = malloc(sizeof(*made));
    if (made == NULL)
    {
        return SF_NO_MEMORY;
    }
    made->delay = (uint64_t)values[0].integer;
    made->attempts = 0;
    *schedule = made;
    return SF_OK;
}

static void destroy(sf_schedule* schedule)
{
    free(schedule);
}

static sf_status next_delay(sf_schedule* schedule, uint32_t attempt, const sf_failure* last, uint64_t* delay)
{
    if (last->status == SF_REFUSED)
    {
        return SF_REFUSED;
    }
    schedule->attempts = attempt;
    *delay = schedule->delay;
    return SF_OK;
}

static void reset(sf_schedule* schedule)
{
    schedule->attempts = 0;
}

static const sf_reconnect table = {
    .size = sizeof(sf_reconnect),
    .create = create,
    .destroy = destroy,
    .next_delay = next_delay,
    .reset = reset,
};

static const sf_option options[] = {
    {.key = "delay", .type = SF_TYPE_DURATION, .default_value = "250ms", .help = "Delay before each attempt"},
};

static const sf_role roles[] = {
    {.role = SF_ROLE_RECONNECT,
     .option_size = sizeof(sf_option),
     .name = "in-c",
     .summary = "The same delay each time",
     .table = &table,
     .options = options,
     .option_count = 1},
};

static const sf_plugin plugin = {
    .magic = SF_PLUGIN_MAGIC,
    .size = sizeof(sf_plugin),
    .abi_major = SF_ABI_MAJOR,
    .abi_minor = SF_ABI_MINOR,
    .tag = "C",
    .name = "c-plugin",
    .version = "0.0.1",
    .description = "A plug-in in C",
    .role_size = sizeof(sf_role),
    .roles = roles,
    .role_count = 1,
};

const sf_plugin* spaceframe_plugin(void);

__attribute__((visibility("default"))) const sf_plugin* spaceframe_plugin(void)
{
    return &plugin;
}
