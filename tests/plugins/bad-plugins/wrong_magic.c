#include "good_role.h"

static const sf_role roles[] = {GOOD_ROLE("wrong-magic")};
static const sf_plugin plugin = {
    .magic = 0xDEADBEEFu,
    .size = sizeof(sf_plugin),
    .abi_major = SF_ABI_MAJOR,
    .abi_minor = SF_ABI_MINOR,
    .tag = "cc 1.0",
    GOOD_REST("wrong-magic", roles),
};

EXPORT const sf_plugin* spaceframe_plugin(void);

const sf_plugin* spaceframe_plugin(void)
{
    return &plugin;
}
