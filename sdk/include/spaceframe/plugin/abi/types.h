/* What every part of the contract uses: statuses, time, borrowed bytes and text, names of the kernel's
 * objects. */
#ifndef SPACEFRAME_PLUGIN_ABI_TYPES_H
#define SPACEFRAME_PLUGIN_ABI_TYPES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C"
{
#endif

typedef int32_t sf_status;
enum
{
    SF_OK = 0,
    SF_WOULD_BLOCK = 1, /* nothing can be done now; wait, then try again */
    SF_CLOSED = 2,      /* the other side ended the stream in an orderly way */
    SF_CANCELLED = 3,   /* given up on request, nothing happened */
    SF_UNSUPPORTED = 4, /* the table has no such function, or the object cannot do this */
    SF_INVALID = 5,     /* an argument, address or option is wrong */
    SF_NO_MEMORY = 6,   /* an allocation failed */
    SF_SYSTEM = 7,      /* the operating system refused; set_error gives its code */
    SF_PROTOCOL = 8,    /* the peer broke the protocol */
    SF_TOO_LARGE = 9,   /* a frame, message or handshake exceeds its cap */
    SF_REFUSED = 10,    /* the peer, or a policy, said no */
    SF_TIMED_OUT = 11,  /* a deadline passed */
    SF_NOT_FOUND = 12,  /* a name leads to nothing */
    SF_FAILED = 13      /* anything else, such as an exception that the SDK's wrappers caught */
};

/* A count >= 0, or a negated sf_status. */
typedef int64_t sf_result;

/* Nanoseconds of a clock that never goes back; SF_NEVER is the deadline that never comes. */
typedef uint64_t sf_time;
#define SF_NEVER UINT64_MAX

/* Borrowed bytes or text (not NUL-terminated). `data` may be NULL when `size` is 0. */
typedef struct sf_bytes
{
    const uint8_t* data;
    size_t size;
} sf_bytes;

typedef struct sf_text
{
    const char* data;
    size_t size;
} sf_text;

typedef struct sf_host sf_host;     /* the kernel's services: host.h */
typedef struct sf_loop sf_loop;     /* one event loop of the kernel */
typedef struct sf_owner sf_owner;   /* a reference-counted block of memory: a slab of the kernel */
typedef struct sf_watch sf_watch;   /* a file descriptor that a loop watches */
typedef struct sf_timer sf_timer;   /* a timer of a loop */
typedef struct sf_lookup sf_lookup; /* a resolution of a host name under way */

/* `status` is SF_OK, SF_CANCELLED, or what went wrong. [loop] */
typedef void (*sf_callback)(void* context, sf_status status);

#ifdef __cplusplus
}
#endif

#endif
