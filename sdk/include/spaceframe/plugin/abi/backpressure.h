/* The role of a backpressure policy: a budget of bytes (BytePermits). Units are bytes on the wire plus the
 * overhead that a message owns. */
#ifndef SPACEFRAME_PLUGIN_ABI_BACKPRESSURE_H
#define SPACEFRAME_PLUGIN_ABI_BACKPRESSURE_H

#include <spaceframe/plugin/abi/host.h>
#include <spaceframe/plugin/abi/options.h>

#ifdef __cplusplus
extern "C"
{
#endif

typedef struct sf_budget sf_budget;

enum
{
    SF_BACKPRESSURE_UNLIMITED = 1, /* grants everything at no cost: the kernel skips the calls */
    SF_BACKPRESSURE_DECIDES = 2 /* `on_full` is to be asked; messages then wait where they can be recalled */
};

typedef struct sf_budget_state
{
    uint64_t limit; /* bytes; UINT64_MAX for none */
    uint64_t used;
    uint64_t waiting; /* tickets that wait now */
    uint64_t waited;  /* tickets that ever waited */
} sf_budget_state;

/* Identifies a wait; 0 is none. */
typedef uint64_t sf_ticket;

enum
{
    SF_ON_FULL_WAIT = 0,
    SF_ON_FULL_REFUSE = 1,
    SF_ON_FULL_DROP_NEWEST = 2,
    SF_ON_FULL_DROP_OLDEST = 3,
    SF_ON_FULL_DISCONNECT = 4,
    SF_ON_FULL_DEFAULT = 5 /* what ZeroMQ does for the pattern */
};

typedef struct sf_queue_summary
{
    uint32_t size;
    uint32_t reserved;
    uint64_t messages;   /* queued for this peer */
    uint64_t bytes;      /* likewise */
    uint64_t oldest_age; /* nanoseconds that the oldest of them has waited, to a few ms; 0 when unknown */
    uint64_t incoming;   /* bytes of the message that finds no room */
} sf_queue_summary;

typedef struct sf_backpressure
{
    uint32_t size;
    uint32_t flags; /* SF_BACKPRESSURE_… */

    /* [any] Makes a budget; grants of `wait` are called back on `loop`. */
    sf_status (*create)(const sf_host* host, sf_loop* loop, const sf_value* values, size_t count,
                        sf_budget** budget);
    /* [any] Ends a budget; everything was released and no ticket waits. */
    void (*destroy)(sf_budget* budget);

    /* [any] Takes `bytes` at once: SF_OK, SF_WOULD_BLOCK (never past somebody who waits), or SF_TOO_LARGE
     * when it can never be granted. */
    sf_status (*try_acquire)(sf_budget* budget, uint64_t bytes);
    /* [any] Asks for `bytes`, first in, first out. `granted` is posted, never called inside `wait` or
     * `release`: SF_OK means that the permit is the caller's. */
    sf_status (*wait)(sf_budget* budget, uint64_t bytes, sf_callback granted, void* context,
                      sf_ticket* ticket);
    /* [any] SF_OK: removed, `granted` will not be called. SF_NOT_FOUND: it was granted already, `granted` is
     * called (or has been) and the permit must be released. */
    sf_status (*cancel)(sf_budget* budget, sf_ticket ticket);
    /* [any] Gives `bytes` back. */
    void (*release)(sf_budget* budget, uint64_t bytes);
    /* [any] A snapshot. */
    void (*state)(sf_budget* budget, sf_budget_state* state);

    /* [serial] Optional. What to do with a message that finds its peer full: SF_ON_FULL_…. Asked with
     * SF_BACKPRESSURE_DECIDES only, under a lock of the kernel's: it must not call back. NULL:
     * SF_ON_FULL_DEFAULT. */
    uint32_t (*on_full)(sf_budget* budget, const sf_queue_summary* queue);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_backpressure;

#ifdef __cplusplus
}
#endif

#endif
