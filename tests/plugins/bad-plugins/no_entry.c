#include "good_role.h"

EXPORT int not_the_entry(void);

int not_the_entry(void)
{
    return (int)good_table.size;
}
