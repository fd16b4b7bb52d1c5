/* The role of a reconnect policy: a schedule (ReconnectState), one for each endpoint that dials. Sans-I/O. */
#ifndef SPACEFRAME_PLUGIN_ABI_RECONNECT_H
#define SPACEFRAME_PLUGIN_ABI_RECONNECT_H

#include <spaceframe/plugin/abi/host.h>
#include <spaceframe/plugin/abi/options.h>

#ifdef __cplusplus
extern "C"
{
#endif

typedef struct sf_schedule sf_schedule;

/* What ended the last attempt or connection. */
typedef struct sf_failure
{
    uint32_t size;
    sf_status status;
    int32_t os_error; /* errno or 0 */
    uint32_t reserved;
} sf_failure;

typedef struct sf_reconnect
{
    uint32_t size;
    uint32_t flags; /* 0; reserved */

    /* [any] */
    sf_status (*create)(const sf_host* host, const sf_value* values, size_t count, sf_schedule** schedule);
    /* [any] */
    void (*destroy)(sf_schedule* schedule);
    /* [loop] SF_OK: dial again after `delay` nanoseconds. SF_REFUSED: stop for good. `attempt` counts from 1
     * since the last reset. */
    sf_status (*next_delay)(sf_schedule* schedule, uint32_t attempt, const sf_failure* last, uint64_t* delay);
    /* [loop] A handshake was completed. */
    void (*reset)(sf_schedule* schedule);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_reconnect;

#ifdef __cplusplus
}
#endif

#endif
