#include "good_role.h"

static const sf_role roles[] = {GOOD_ROLE("newer-minor")};
static const sf_plugin plugin = {
    .magic = SF_PLUGIN_MAGIC,
    .size = sizeof(sf_plugin),
    .abi_major = SF_ABI_MAJOR,
    .abi_minor = SF_ABI_MINOR + 1,
    .tag = "cc 1.0",
    GOOD_REST("newer-minor", roles),
};

EXPORT const sf_plugin* spaceframe_plugin(void);

const sf_plugin* spaceframe_plugin(void)
{
    return &plugin;
}
