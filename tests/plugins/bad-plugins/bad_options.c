#include "good_role.h"

static const sf_option options[] = {
    {.key = "delay",
     .type = SF_TYPE_DURATION,
     .default_value = "1s",
     .maximum = "100ms",
     .help = "The delay"},
};
static const sf_role roles[] = {
    {.role = SF_ROLE_RECONNECT,
     .option_size = sizeof(sf_option),
     .name = "bad-options",
     .summary = "Has a default out of its range",
     .table = &good_table,
     .options = options,
     .option_count = 1},
};
static const sf_plugin plugin = {
    .magic = SF_PLUGIN_MAGIC,
    .size = sizeof(sf_plugin),
    .abi_major = SF_ABI_MAJOR,
    .abi_minor = SF_ABI_MINOR,
    GOOD_REST("bad-options", roles),
};

EXPORT const sf_plugin* spaceframe_plugin(void);

const sf_plugin* spaceframe_plugin(void)
{
    return &plugin;
}
