/* The descriptor of a plug-in, by which the kernel finds its roles, and the version of the contract. */
#ifndef SPACEFRAME_PLUGIN_ABI_DESCRIPTOR_H
#define SPACEFRAME_PLUGIN_ABI_DESCRIPTOR_H

#include <spaceframe/plugin/abi/options.h>

#ifdef __cplusplus
extern "C"
{
#endif

#define SF_ABI_MAJOR 0
#define SF_ABI_MINOR 1

/* "SFRM" read as a little-endian number: the first four bytes of every descriptor. */
#define SF_PLUGIN_MAGIC 0x4D524653u

/* Name of the one symbol that a dynamic plug-in exports: `const sf_plugin *spaceframe_plugin(void)`. */
#define SF_PLUGIN_ENTRY_NAME "spaceframe_plugin"

enum
{
    SF_ROLE_TRANSPORT = 1,
    SF_ROLE_PROTOCOL = 2,
    SF_ROLE_BACKPRESSURE = 3,
    SF_ROLE_RECONNECT = 4
};

/* One role that a plug-in offers. */
typedef struct sf_role
{
    uint32_t role;        /* SF_ROLE_… */
    uint32_t option_size; /* sizeof(sf_option) */
    const char* name;     /* "tcp", "zmtp", "semaphore", "exponential": lower case, digits, '-' and '_' */
    const char* summary;  /* one sentence without the final stop */
    const void* table;    /* sf_transport, sf_protocol, sf_backpressure or sf_reconnect */
    const sf_option* options;
    size_t option_count;
} sf_role;

/* The descriptor. The first six fields are frozen for ever; the kernel reads nothing behind them before it
 * has checked them. */
typedef struct sf_plugin
{
    uint32_t magic; /* SF_PLUGIN_MAGIC */
    uint32_t size;  /* sizeof(sf_plugin) */
    uint16_t abi_major;
    uint16_t abi_minor;
    char tag[20]; /* free text for humans, NUL-terminated: the compiler, say */

    const char* name; /* of the plug-in: "transport-tcp" */
    const char* version;
    const char* description;
    uint32_t role_size; /* sizeof(sf_role) */
    uint32_t reserved;
    const sf_role* roles;
    size_t role_count;
} sf_plugin;

/* [any] The entry: the descriptor, which lives as long as the library is mapped, or NULL when the plug-in
 * cannot work here. */
typedef const sf_plugin* (*sf_plugin_entry)(void);

#ifdef __cplusplus
}
#endif

#endif
