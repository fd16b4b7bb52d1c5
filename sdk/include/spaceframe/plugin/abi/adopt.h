/* A capability of transports: connections that the host application made itself.
 *
 * A transport that has it answers `query(host, SF_ADOPT)` of its table with a table of this type, which lives
 * as long as the plug-in. */
#ifndef SPACEFRAME_PLUGIN_ABI_ADOPT_H
#define SPACEFRAME_PLUGIN_ABI_ADOPT_H

#include <spaceframe/plugin/abi/transport.h>

#ifdef __cplusplus
extern "C"
{
#endif

#define SF_ADOPT "spaceframe.adopt/1"

typedef struct sf_adopt
{
    uint32_t size;
    uint32_t flags; /* 0; reserved */

    /* [any] Makes a stream of a connection that exists already. `handle` is what the transport documents: a
     * file descriptor, or whatever the plug-in gave the host application by an interface of its own; the
     * kernel only passes it on. It must not block.
     *
     * SF_OK: the stream owns what `handle` names, and belongs to the callee, which attaches it to a loop or
     * closes it. Until it is attached it may be closed on any thread.
     * Otherwise `*stream` is NULL and what `handle` names stays its owner's, open and usable as before.
     * SF_INVALID with a reason where it names no connection of this transport's. */
    sf_status (*adopt)(sf_transport_instance* instance, uintptr_t handle, sf_stream** stream);
} sf_adopt;

#ifdef __cplusplus
}
#endif

#endif
