/* The role of a transport: streams from an address.
 *
 * The name of the role is the scheme of its endpoints: "tcp" serves "tcp://ADDRESS" and sees only ADDRESS. */
#ifndef SPACEFRAME_PLUGIN_ABI_TRANSPORT_H
#define SPACEFRAME_PLUGIN_ABI_TRANSPORT_H

#include <spaceframe/plugin/abi/frames.h>
#include <spaceframe/plugin/abi/host.h>
#include <spaceframe/plugin/abi/options.h>

#ifdef __cplusplus
extern "C"
{
#endif

typedef struct sf_transport_instance sf_transport_instance; /* the options of one endpoint */
typedef struct sf_listener sf_listener;
typedef struct sf_dial sf_dial;
typedef struct sf_stream sf_stream; /* one connection */

enum
{
    SF_STREAM_RETAINS = 1,  /* `stream_write` keeps references to owners beyond its return (shared memory) */
    SF_STREAM_PARALLEL = 2, /* `stream_read` and `stream_write` may run on different threads at once; without
                               it both stay on the loop */
    SF_STREAM_MESSAGES = 4  /* the stream keeps message boundaries; without it, it carries bytes */
};

enum
{
    SF_READ_END_OF_MESSAGE = 1 /* on streams that keep boundaries: the last byte read ends a message */
};

/* A stream was accepted; it belongs to the callee, which attaches it to a loop or closes it. `status` other
 * than SF_OK: accepting failed (descriptors exhausted, say), `stream` is NULL, and the listener goes on by
 * itself. [loop] of the listener */
typedef void (*sf_accepted)(void* context, sf_status status, sf_stream* stream);

/* The dial ended; with SF_OK `stream` belongs to the callee. [loop] */
typedef void (*sf_dialed)(void* context, sf_status status, sf_stream* stream);

typedef struct sf_transport
{
    uint32_t size;
    uint32_t flags; /* 0; reserved */

    /* [any] Makes an instance for one endpoint from the options of the role's table. */
    sf_status (*create)(const sf_host* host, const sf_value* values, size_t count,
                        sf_transport_instance** instance);
    /* [any] Ends an instance. All its listeners, dials and streams have been closed before. */
    void (*destroy)(sf_transport_instance* instance);

    /* [any] Is `address` well-formed for listening (1) or dialling (0)? Does no I/O. SF_INVALID with a reason
     * otherwise. */
    sf_status (*check_address)(const sf_host* host, const char* address, int32_t listening);

    /* [loop] Listens; each connection is announced through `accepted` until the listener is closed. By
     * convention an address that is "*", or ends in ":*" or ":0", gives each listener one of its own; a
     * manifest that names any other twice is refused. */
    sf_status (*listen)(sf_transport_instance* instance, sf_loop* loop, const char* address,
                        sf_accepted accepted, void* context, sf_listener** listener);
    /* [loop] Writes the address that a peer would dial (a wildcard port resolved), NUL-terminated and without
     * scheme, into `buffer`; its length without NUL. */
    sf_result (*listener_address)(sf_listener* listener, char* buffer, size_t capacity);
    /* [loop] Stops listening. `accepted` is not called after this returns. The listener is gone. */
    void (*listener_close)(sf_listener* listener);

    /* [loop] Dials. `dialed` is called exactly once, later. A refused address is reported there or by the
     * return value, never by both. */
    sf_status (*dial)(sf_transport_instance* instance, sf_loop* loop, const char* address, sf_dialed dialed,
                      void* context, sf_dial** dial);
    /* [loop] Gives a dial up that has not called back: `dialed` comes with SF_CANCELLED, later. */
    void (*dial_cancel)(sf_dial* dial);

    /* [loop] Binds a new stream to the loop that will own it (not always the listener's). Once, before any
     * call below. */
    sf_status (*stream_attach)(sf_stream* stream, sf_loop* loop);
    /* [any] SF_STREAM_… of this stream; constant. */
    uint32_t (*stream_flags)(sf_stream* stream);
    /* [serial] among reads. Reads up to `capacity` > 0 bytes without blocking: bytes read > 0, or
     * -SF_WOULD_BLOCK, -SF_CLOSED (orderly end), or an error. `flags` (never NULL) receives SF_READ_…. */
    sf_result (*stream_read)(sf_stream* stream, uint8_t* buffer, size_t capacity, uint32_t* flags);
    /* [serial] among writes. Writes as much as goes without blocking: bytes taken > 0, possibly fewer than
     * offered and ending anywhere, -SF_WOULD_BLOCK, or an error. */
    sf_result (*stream_write)(sf_stream* stream, const sf_iov* buffers, size_t count);
    /* [loop] Calls back once when reading or writing can make progress, also because of bytes that the stream
     * holds itself. One wait for each direction. */
    void (*stream_wait)(sf_stream* stream, uint32_t direction, sf_callback callback, void* context);
    /* [loop] Closes; no read or write is running. Outstanding waits complete exactly once with SF_CANCELLED,
     * later. The stream is gone after the call. */
    void (*stream_close)(sf_stream* stream);
    /* [any] A property of the peer as text, NUL-terminated: "peer" (its address), "local", "uid", "gid",
     * "pid". Its length, or -SF_NOT_FOUND. [loop] "hung-up": once the peer has closed, how many bytes of it
     * are still to be read, in decimal; by it peers that are lost while nobody reads from them are noticed.
     */
    sf_result (*stream_property)(sf_stream* stream, const char* name, char* buffer, size_t capacity);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_transport;

#ifdef __cplusplus
}
#endif

#endif
