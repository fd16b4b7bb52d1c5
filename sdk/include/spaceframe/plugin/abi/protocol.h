/* The role of a protocol: messages from bytes, and bytes from messages.
 *
 * Sans-I/O: a session sees bytes and the clock that is passed in, nothing else. It has two halves that share
 * no mutable state after SF_EVENT_READY was reported, so that the receive half runs on the loop [loop] while
 * the send half runs under the socket's lock [serial]. */
#ifndef SPACEFRAME_PLUGIN_ABI_PROTOCOL_H
#define SPACEFRAME_PLUGIN_ABI_PROTOCOL_H

#include <spaceframe/plugin/abi/frames.h>
#include <spaceframe/plugin/abi/host.h>
#include <spaceframe/plugin/abi/options.h>

#ifdef __cplusplus
extern "C"
{
#endif

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
    uint32_t accepted;       /* 1 where we listened, 0 where we dialled or adopted */
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
    size_t frame_capacity; /* at least 1; as few as there is room for where a receiver is nearly full. When it
                              was filled, another call comes once there is room, also without bytes */
    sf_output control;     /* in and out: bytes to send to the peer (handshake, PONG); at least
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
    /* [loop] Lets time pass: heartbeats, deadlines. `next` receives when to call again; a call comes, too,
     * after each one that gave `control` bytes. SF_TIMED_OUT ends the connection. */
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

#ifdef __cplusplus
}
#endif

#endif
