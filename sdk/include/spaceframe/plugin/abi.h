/* The contract between the Spaceframe kernel and its plug-ins.
 *
 * Plain C11 that C++17 can include. Plug-ins may be written in any language and by any compiler that speaks
 * the platform's C ABI; C++ authors normally use the wrappers beside this file
 * (`spaceframe/plugin/plugin.hpp`) and never see a table.
 *
 * PROMISE. Version 0.x settles; a kernel refuses a plug-in whose major differs, or whose minor is newer than
 * its own. From 1.0 on nothing breaks: tables grow only at their end (minor version), nothing is reordered,
 * removed or given another meaning.
 *
 * TABLES. Every table starts with `size`, the sizeof() that its author compiled. The kernel copies a table
 * once, when it loads the plug-in, and fills what is missing with stubs that return SF_UNSUPPORTED. Functions
 * that a tag calls optional may be NULL.
 *
 * ERRORS. A call returns SF_OK (0) or a status; an `sf_result` is a count >= 0 or a negated status. Before a
 * failure is returned, or reported to a callback, `sf_host.set_error` may give the operating system's code
 * and a sentence for humans; it belongs to the calling thread and to that failure alone. No exception may
 * leave a plug-in or the host. Nothing ends the process.
 *
 * MEMORY. Nothing is freed by the other side. Memory that crosses is borrowed for the duration of the call,
 * or named by an `sf_owner` with a reference count.
 *
 * THREADS. Each call carries one tag:
 *   [any]     any thread, also several at once
 *   [loop]    the thread that drives the loop to which the object belongs; never two at once
 *   [serial]  any thread, but never two at once for the same object, and possibly under a lock of the
 *             kernel: it must not block, make a system call, call back or allocate on its hot path
 *             (stream_read and stream_write are called under no lock, and make their system call)
 *
 * Callbacks are invoked on the loop [loop], never from inside the call that registered them, and never under
 * a lock.
 */
#ifndef SPACEFRAME_PLUGIN_ABI_H
#define SPACEFRAME_PLUGIN_ABI_H

#include <stddef.h>
#include <stdint.h>

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

/* -------------------------------------------------------------------------------------------- basic types */

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

typedef struct sf_host sf_host;     /* the kernel's services, below */
typedef struct sf_loop sf_loop;     /* one event loop of the kernel */
typedef struct sf_owner sf_owner;   /* a reference-counted block of memory: a slab of the kernel */
typedef struct sf_watch sf_watch;   /* a file descriptor that a loop watches */
typedef struct sf_timer sf_timer;   /* a timer of a loop */
typedef struct sf_lookup sf_lookup; /* a resolution of a host name under way */

/* `status` is SF_OK, SF_CANCELLED, or what went wrong. [loop] */
typedef void (*sf_callback)(void* context, sf_status status);

/* ------------------------------------------------------------------------------------------------ options */

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
    const char* key;           /* lower case, digits and '_' */
    uint32_t type;             /* SF_TYPE_… */
    uint32_t flags;            /* 0; reserved */
    const char* default_value; /* as a manifest would write it; never NULL ("" for an empty text) */
    const char* minimum;       /* as a manifest would write it, inclusive; NULL for none */
    const char* maximum;       /* likewise */
    const char* choices;       /* SF_TYPE_CHOICE: names separated by '|'; otherwise NULL */
    const char* help;          /* one sentence without the final stop */
} sf_option;

/* --------------------------------------------------------------------------------------- frames and bytes */

enum
{
    SF_FRAME_MORE = 1,      /* another frame of the same message follows */
    SF_FRAME_SUBSCRIBE = 2, /* not data: the peer subscribes to this topic */
    SF_FRAME_CANCEL = 4     /* not data: the peer cancels this topic */
};

/* One frame of a message. `owner` keeps `data` alive; NULL means that the bytes are borrowed for the duration
 * of the call. */
typedef struct sf_frame
{
    sf_owner* owner;
    const uint8_t* data;
    size_t size;
    uint32_t flags;
    uint32_t reserved;
} sf_frame;

enum
{
    SF_IOV_END_OF_MESSAGE = 1 /* on streams that frame messages: a message of the protocol ends here */
};

/* One entry of a scatter list. `owner` may be NULL; a stream that retains buffers retains it through
 * sf_host.retain. */
typedef struct sf_iov
{
    const uint8_t* data;
    size_t size;
    sf_owner* owner;
    uint32_t flags;
    uint32_t reserved;
} sf_iov;

/* Where a protocol writes bytes of its own. `length` counts what is in use; a callee appends behind it and
 * never beyond `capacity`. */
typedef struct sf_output
{
    uint8_t* data;
    size_t capacity;
    size_t length;
} sf_output;

/* --------------------------------------------------------------------------------------------------- host */

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

enum
{
    SF_ROLE_TRANSPORT = 1,
    SF_ROLE_PROTOCOL = 2,
    SF_ROLE_BACKPRESSURE = 3,
    SF_ROLE_RECONNECT = 4
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
     * one wait outstanding for each). */
    void (*watch_wait)(const sf_host* host, sf_watch* watch, uint32_t direction, sf_callback callback,
                       void* context);
    /* [loop] Ends the watch. Outstanding waits complete with SF_CANCELLED later, on the loop; `fd` may be
     * closed at once, after this call. */
    void (*watch_close)(const sf_host* host, sf_watch* watch);

    /* [loop] A timer of the loop, not yet started. */
    sf_status (*timer_open)(const sf_host* host, sf_loop* loop, sf_timer** timer);
    /* [loop] Calls back once after `delay` nanoseconds. One that was already started is first cancelled. */
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

/* ---------------------------------------------------------------------------------------------- transport */

/* The name of the role is the scheme of its endpoints: "tcp" serves "tcp://ADDRESS" and sees only ADDRESS. */

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

    /* [loop] Listens; each connection is announced through `accepted` until the listener is closed. */
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
     * "pid". Its length, or -SF_NOT_FOUND. */
    sf_result (*stream_property)(sf_stream* stream, const char* name, char* buffer, size_t capacity);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_transport;

/* ----------------------------------------------------------------------------------------------- protocol */

/* Sans-I/O: a session sees bytes and the clock that is passed in, nothing else. It has two halves that share
 * no mutable state after SF_EVENT_READY was reported, so that the receive half runs on the loop [loop] while
 * the send half runs under the socket's lock [serial]. */

typedef struct sf_protocol_instance sf_protocol_instance; /* the options of one endpoint */
typedef struct sf_session sf_session;                     /* one connection */

enum
{
    SF_PROTOCOL_BYTES = 1,   /* runs over streams that carry bytes */
    SF_PROTOCOL_MESSAGES = 2 /* runs over streams that keep message boundaries */
};

typedef struct sf_session_config
{
    uint32_t size;
    uint32_t accepted;       /* 1 where we listened, 0 where we dialled */
    const char* socket_type; /* wire name of our pattern: "DEALER" */
    sf_bytes identity;       /* ours, 0–255 bytes; sent by the patterns that send one */
    uint64_t
        max_message_size;   /* cap of an incoming message in bytes, all frames together; UINT64_MAX: none */
    uint32_t max_frames;    /* cap of the frames of one incoming message; > 0 */
    uint32_t send_identity; /* 1 if the pattern announces its identity */
    uint32_t send_subscriptions; /* 1 if the pattern subscribes (SUB, XSUB) */
    uint32_t reserved;
} sf_session_config;

enum
{
    SF_EVENT_NONE = 0,
    SF_EVENT_AUTHORISE = 1, /* who the peer says it is; the handshake rests until `authorise` is called */
    SF_EVENT_READY = 2,     /* the handshake is complete: frames may be encoded from now on */
    SF_EVENT_PEER_ERROR = 3 /* the peer ended the session and said why (`reason`) */
};

/* Pointers stay valid until the next call on the receive half. */
typedef struct sf_event
{
    uint32_t kind;
    uint32_t reserved;
    sf_text socket_type; /* AUTHORISE: the peer's pattern by its wire name; empty where the protocol does not
                            say */
    sf_bytes identity;   /* AUTHORISE: the peer's identity; often empty */
    sf_text user_id;     /* AUTHORISE: as a security mechanism established it; empty otherwise */
    sf_text version; /* AUTHORISE: the protocol's version that both speak, for people to read: "ZMTP 3.1" */
    sf_text reason;  /* PEER_ERROR */
} sf_event;

/* One call of `decode`. */
typedef struct sf_decode
{
    uint32_t size;
    uint32_t reserved;
    sf_time now;
    uint8_t* data; /* bytes from the stream that were not consumed before; mutable, so that they can be
                      decrypted in place */
    size_t length;
    sf_owner* owner;  /* of `data` */
    sf_frame* frames; /* out: frames in order. Those in `data` carry `owner` without a reference of their own;
                         any other owner carries one reference. */
    size_t frame_capacity;
    sf_output control; /* in and out: bytes to send to the peer (handshake, PONG); at least
                          SF_CONTROL_CAPACITY are free on entry */

    size_t consumed; /* out: bytes of `data` that are done with (they stay in place as long as frames refer to
                        them) */
    size_t frame_count; /* out */
    size_t need;    /* out: 0, or how many bytes, counted from data + consumed, must be contiguous before a
                       call can make progress; calls with fewer come, too, so that a session sees life */
    sf_event event; /* out: at most one; frames of the same call come before it */
} sf_decode;

#define SF_CONTROL_CAPACITY 1024

/* A body that is sent from where it lies: it follows the first `at` bytes of the encoded output. */
typedef struct sf_insert
{
    size_t at;
    size_t frame; /* encode: index into `frames`. recover: ignored */
    sf_bytes body;
} sf_insert;

/* One call of `encode`. Frames form whole messages: each ends with the first frame without SF_FRAME_MORE. */
typedef struct sf_encode
{
    uint32_t size;
    uint32_t reserved;
    const sf_frame* frames;
    size_t frame_count;
    size_t reference_from; /* bodies of at least so many bytes that have an owner are inserted, not copied */
    uint8_t* data;         /* out: the encoded bytes */
    size_t capacity;
    uint32_t* ends; /* out: for each message the offset in `data` behind its last byte (an insert at that
                       offset belongs to the message before it) */
    size_t end_capacity;
    sf_insert* inserts; /* out: ascending */
    size_t insert_capacity;

    size_t frames_taken; /* out: always a whole number of messages; fewer than offered when an out array is
                            full */
    size_t messages_taken;
    size_t
        length; /* out: bytes in `data`; when nothing was taken: the capacity that the first message needs */
    size_t insert_count;
} sf_encode;

/* One call of `recover`: `encode` backwards, for whole messages that were never written. */
typedef struct sf_recover
{
    uint32_t size;
    uint32_t reserved;
    const uint8_t* data; /* as encode made it, from one message boundary to another */
    size_t length;
    const sf_insert* inserts; /* their `at` counts from `data` */
    size_t insert_count;
    sf_frame* frames; /* out: owner NULL, bytes in `data` or in an insert's body */
    size_t frame_capacity;

    size_t frame_count; /* out: frames of whole messages; control traffic in between is skipped */
    size_t consumed;    /* out: bytes of `data` read; fewer than `length` when `frames` is full */
} sf_recover;

typedef struct sf_protocol
{
    uint32_t size;
    uint32_t flags;          /* SF_PROTOCOL_…: the framings it accepts */
    uint32_t frame_overhead; /* upper bound of the bytes that encoding adds to a frame; permits are computed
                                from it */
    uint32_t reserved;

    /* [any] Makes an instance for one endpoint from the options of the role's table. */
    sf_status (*create)(const sf_host* host, const sf_value* values, size_t count,
                        sf_protocol_instance** instance);
    /* [any] Ends an instance; its sessions were closed before. */
    void (*destroy)(sf_protocol_instance* instance);

    /* [loop] A session for a new connection; `config` is borrowed for the call. */
    sf_status (*session_open)(sf_protocol_instance* instance, const sf_session_config* config,
                              sf_session** session);
    /* [loop] Ends a session; neither half is in use. */
    void (*session_close)(sf_session* session);

    /* Receive half. */

    /* [loop] Called once: the first bytes to send (a greeting, or nothing). */
    sf_status (*start)(sf_session* session, sf_time now, sf_output* control);
    /* [loop] Decodes. Call again while there is progress (something consumed, a frame or an event). An error
     * ends the connection, after `control` was sent. */
    sf_status (*decode)(sf_session* session, sf_decode* call);
    /* [loop] The kernel's verdict after SF_EVENT_AUTHORISE: SF_OK admits; anything else refuses for `reason`
     * (NUL-terminated), and `control` may carry that to the peer. Decoding goes on afterwards, and reports
     * SF_EVENT_READY even without a further byte. */
    sf_status (*authorise)(sf_session* session, sf_status verdict, const char* reason, sf_output* control);
    /* [loop] Lets time pass: heartbeats, deadlines. `next` receives when to call again. SF_TIMED_OUT ends the
     * connection. */
    sf_status (*tick)(sf_session* session, sf_time now, sf_output* control, sf_time* next);

    /* Send half. Not before SF_EVENT_READY. */

    /* [serial] Encodes whole messages. Fails only when a message can never be encoded for this peer. */
    sf_status (*encode)(sf_session* session, sf_encode* call);
    /* [serial] Sessions with the same key, other than 0, make the same bytes of the same frames, and are
     * plain: `encode` is cheap and may run under a lock. Constant after READY. */
    uint64_t (*encoding_key)(sf_session* session);
    /* [serial] Appends a subscription to, or its cancellation from, `topic`. SF_WOULD_BLOCK when `output` is
     * too small; `output.length` is then the capacity needed. */
    sf_status (*subscribe)(sf_session* session, sf_bytes topic, sf_output* output);
    sf_status (*cancel)(sf_session* session, sf_bytes topic, sf_output* output);
    /* [serial] Optional. Reads back what `encode` made. */
    sf_status (*recover)(sf_session* session, sf_recover* call);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_protocol;

/* ------------------------------------------------------------------------------------------- backpressure */

/* A budget of bytes (BytePermits). Units are bytes on the wire plus the overhead that a message owns. */

typedef struct sf_budget sf_budget;

enum
{
    SF_BACKPRESSURE_UNLIMITED = 1 /* grants everything at no cost: the kernel skips the calls */
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
    uint64_t oldest_age; /* nanoseconds; 0 when unknown */
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

    /* [serial] Optional. What to do with a message that finds no room: SF_ON_FULL_…. NULL:
     * SF_ON_FULL_DEFAULT. */
    uint32_t (*on_full)(sf_budget* budget, const sf_queue_summary* queue);

    /* [any] Optional. A capability of the role by name and revision, or NULL. */
    const void* (*query)(const sf_host* host, const char* capability);
} sf_backpressure;

/* ---------------------------------------------------------------------------------------------- reconnect */

/* A schedule (ReconnectState): one for each endpoint that dials. Sans-I/O. */

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

/* --------------------------------------------------------------------------------------------- descriptor */

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
