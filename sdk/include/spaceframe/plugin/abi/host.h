/* The kernel's services for plug-ins. */
#ifndef SPACEFRAME_PLUGIN_ABI_HOST_H
#define SPACEFRAME_PLUGIN_ABI_HOST_H

#include <spaceframe/plugin/abi/types.h>

#ifdef __cplusplus
extern "C"
{
#endif

enum
{
    SF_LOG_DEBUG = 0,
    SF_LOG_INFO = 1,
    SF_LOG_WARNING = 2,
    SF_LOG_ERROR = 3
};

enum
{
    SF_READABLE = 1,
    SF_WRITABLE = 2
};

enum
{
    SF_RESOLVE_PASSIVE = 1, /* for listening */
    SF_RESOLVE_NUMERIC = 2, /* an address, not a name: answers without a resolver thread */
    SF_RESOLVE_IPV6 = 4     /* IPv6 addresses too; without it IPv4 only */
};

/* A socket address as the operating system writes it (`struct sockaddr_…`). */
typedef struct sf_address
{
    uint32_t length;
    uint8_t bytes[124];
} sf_address;

/* `addresses` is borrowed for the call; `count` is 0 unless `status` is SF_OK. [loop] */
typedef void (*sf_resolved)(void* context, sf_status status, const sf_address* addresses, size_t count);

/* The kernel's services. The table outlives every object that a plug-in makes. All functions take the table
 * itself first. */
struct sf_host
{
    uint32_t size;
    uint16_t abi_major;
    uint16_t abi_minor;

    /* [any] Writes a line to the host's log; `level` is SF_LOG_…; `text` is one line without its end. */
    void (*log)(const sf_host* host, int32_t level, const char* text);
    /* [any] Gives the reason of the failure that the calling thread is about to return or report. `os_error`
     * is an errno or 0; `text` is copied. */
    void (*set_error)(const sf_host* host, sf_status status, int32_t os_error, const char* text);
    /* [any] Now. A clock read costs some 30 ns: not once a message. */
    sf_time (*now)(const sf_host* host);

    /* [any] Calls `callback(context, SF_OK)` once, later, on the loop. */
    void (*post)(const sf_host* host, sf_loop* loop, sf_callback callback, void* context);

    /* [loop] Begins to watch `fd`, which stays the plug-in's property and must be non-blocking. */
    sf_status (*watch_open)(const sf_host* host, sf_loop* loop, int fd, sf_watch** watch);
    /* [loop] Calls back once when `fd` is ready for `direction` (SF_READABLE or SF_WRITABLE, one at a time,
     * one wait outstanding for each). Before it returns, with SF_NO_MEMORY, where there is no memory. */
    void (*watch_wait)(const sf_host* host, sf_watch* watch, uint32_t direction, sf_callback callback,
                       void* context);
    /* [loop] Ends the watch. Outstanding waits complete with SF_CANCELLED later, on the loop; `fd` may be
     * closed at once, after this call. */
    void (*watch_close)(const sf_host* host, sf_watch* watch);

    /* [loop] A timer of the loop, not yet started. */
    sf_status (*timer_open)(const sf_host* host, sf_loop* loop, sf_timer** timer);
    /* [loop] Calls back once after `delay` nanoseconds. One that was already started is first cancelled.
     * Before it returns, with SF_NO_MEMORY, where there is no memory. */
    void (*timer_start)(const sf_host* host, sf_timer* timer, uint64_t delay, sf_callback callback,
                        void* context);
    /* [loop] Completes an outstanding start with SF_CANCELLED, later, on the loop. */
    void (*timer_cancel)(const sf_host* host, sf_timer* timer);
    /* [loop] As timer_cancel; the timer is gone after it. */
    void (*timer_close)(const sf_host* host, sf_timer* timer);

    /* [loop] Resolves `node` ("" or "*" for any address) and `service` (a port number) into addresses, best
     * first. `callback` is called exactly once. `lookup` may be NULL. */
    sf_status (*resolve)(const sf_host* host, sf_loop* loop, const char* node, const char* service,
                         uint32_t flags, sf_resolved callback, void* context, sf_lookup** lookup);
    /* [loop] The callback comes with SF_CANCELLED, later. Not after the callback came: the lookup is gone
     * then.
     */
    void (*resolve_cancel)(const sf_host* host, sf_lookup* lookup);

    /* [any] A slab of at least `size` bytes with one reference, which is the caller's; NULL when there is no
     * memory. */
    sf_owner* (*slab_allocate)(const sf_host* host, size_t size, uint8_t** data);
    /* [any] Takes, or gives back, one reference. */
    void (*retain)(const sf_host* host, sf_owner* owner);
    void (*release)(const sf_host* host, sf_owner* owner);

    /* [any] A counter under this name, made when it is new, that lives as long as the kernel; add to it
     * atomically. NULL when there is no memory. */
    uint64_t* (*counter)(const sf_host* host, const char* name);

    /* [any] The (normalised) table of another plug-in's role, for a role that builds on it; NULL when nobody
     * offers it. It lives as long as the kernel. */
    const void* (*acquire)(const sf_host* host, uint32_t role, const char* name);

    /* [any] An optional service by name and revision, such as "spaceframe.stats/1"; NULL when this kernel has
     * none. */
    const void* (*query)(const sf_host* host, const char* capability);
};

#ifdef __cplusplus
}
#endif

#endif
