#include "good_role.h"

EXPORT const sf_plugin* spaceframe_plugin(void);

const sf_plugin* spaceframe_plugin(void)
{
    return NULL;
}
