/* Options of roles: how a role declares them, and the values that it gets. */
#ifndef SPACEFRAME_PLUGIN_ABI_OPTIONS_H
#define SPACEFRAME_PLUGIN_ABI_OPTIONS_H

#include <spaceframe/plugin/abi/types.h>

#ifdef __cplusplus
extern "C"
{
#endif

/* What an option's value is, how a manifest writes it, and the field of sf_value that carries it. */
enum
{
    SF_TYPE_BOOL = 1,     /* true | false | on | off | yes | no   integer 0 or 1 */
    SF_TYPE_INTEGER = 2,  /* -17                                  integer */
    SF_TYPE_REAL = 3,     /* 0.5                                  real */
    SF_TYPE_TEXT = 4,     /* any text                             text */
    SF_TYPE_BYTES = 5,    /* 64MiB, 10MB, 4096                    integer, bytes */
    SF_TYPE_DURATION = 6, /* 100ms, 30s, 5us, 2min, 1h, infinite  integer, ns; INT64_MAX: infinite */
    SF_TYPE_PERCENT = 7,  /* 25%                                  real, 0.25 */
    SF_TYPE_CHOICE = 8    /* one of `choices`                     integer, its index, and text, its name */
};

typedef struct sf_value
{
    int64_t integer;
    double real;
    sf_text text;
} sf_value;

/* One option of a role. Texts live as long as the plug-in. The kernel validates manifests from this table,
 * prints it, and hands `create` one sf_value for each row, in order, with defaults filled in; a plug-in
 * parses no text. */
typedef struct sf_option
{
    const char*
        key; /* lower case, digits and '_'; no key of a manifest that stands beside it ("bind", "use") */
    uint32_t type;             /* SF_TYPE_… */
    uint32_t flags;            /* 0; reserved */
    const char* default_value; /* as a manifest would write it; never NULL ("" for an empty text) */
    const char* minimum;       /* as a manifest would write it, inclusive; NULL for none */
    const char* maximum;       /* likewise */
    const char* choices;       /* SF_TYPE_CHOICE: names separated by '|'; otherwise NULL */
    const char* help;          /* one sentence without the final stop */
} sf_option;

#ifdef __cplusplus
}
#endif

#endif
