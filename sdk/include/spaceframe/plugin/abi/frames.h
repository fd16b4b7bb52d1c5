/* Frames of messages, and lists of bytes that are sent or made. */
#ifndef SPACEFRAME_PLUGIN_ABI_FRAMES_H
#define SPACEFRAME_PLUGIN_ABI_FRAMES_H

#include <spaceframe/plugin/abi/types.h>

#ifdef __cplusplus
extern "C"
{
#endif

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

#ifdef __cplusplus
}
#endif

#endif
