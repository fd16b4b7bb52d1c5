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
 *
 * PARTS. One header each, in `abi/`; include this one, which has them all:
 *   types.h         statuses, time, borrowed bytes and text
 *   descriptor.h    what a plug-in exports, the version of the contract, the numbers of the roles
 *   options.h       what can be set for a role
 *   frames.h        frames of messages, lists of bytes
 *   host.h          the kernel's services for plug-ins
 *   transport.h, protocol.h, backpressure.h, reconnect.h
 *                   the roles: a table of functions each
 *   adopt.h         an optional capability of transports
 */
#ifndef SPACEFRAME_PLUGIN_ABI_H
#define SPACEFRAME_PLUGIN_ABI_H

#include <spaceframe/plugin/abi/adopt.h>
#include <spaceframe/plugin/abi/backpressure.h>
#include <spaceframe/plugin/abi/descriptor.h>
#include <spaceframe/plugin/abi/frames.h>
#include <spaceframe/plugin/abi/host.h>
#include <spaceframe/plugin/abi/options.h>
#include <spaceframe/plugin/abi/protocol.h>
#include <spaceframe/plugin/abi/reconnect.h>
#include <spaceframe/plugin/abi/transport.h>
#include <spaceframe/plugin/abi/types.h>

#endif
