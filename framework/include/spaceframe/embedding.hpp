#pragma once

// A kernel on the host's own io_context. A header of its own, so that hosts that let the kernel own its
// threads need not compile Asio.

#include <spaceframe/detail/asio_context.hpp>
#include <spaceframe/kernel.hpp>

#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <vector>

namespace spaceframe
{

/// The io_contexts that drive a kernel. An io_context converts to it:
///
///     boost::asio::io_context context;
///     Kernel kernel(context, manifest);       // or Kernel kernel({first, second}, manifest)
///     kernel.start();
///     context.run();
///
/// - No thread is started (but one that looks up host names). Whatever depends on time proceeds only while
///   the host runs its contexts.
/// - The kernel keeps its own work in order: a context may be run by any number of threads, and several
///   kernels may share one. With several contexts, connections spread over them.
/// - Calls that wait fail with errc::would_deadlock on threads that run one of the contexts, and wait for the
///   others. Kernel::start(), Socket::bind() and Socket::connect() do not wait for the contexts, only for
///   handlers and hooks of this kernel that run at this moment: they may come before the contexts run, and
///   from handlers. In a hook of another kernel they fail with errc::would_deadlock where a hook of this
///   one waits for that kernel in turn.
/// - Kernel and contexts may be destroyed in any order. ~Kernel waits for hooks and work of the kernel that
///   other threads run at this moment, and for nothing else: asynchronous calls complete with
///   operation_aborted, and no hook is called any more when it returns. When a context is destroyed first,
///   the kernel is closed with it, as by close(0 s), and stays closed. What is still queued is discarded,
///   and calls that other threads complete at this moment are waited for. Do not destroy a context in a hook
///   while other threads call the kernel.
/// - Asynchronous calls that begin after their context's end run their handlers on a thread of Asio's
///   system_executor, unless an executor is bound to them.
/// - run() returns when nothing is left to do. That may be before the kernel is closed: a kernel that has no
///   endpoint open asks nothing of its contexts. A work guard of the host keeps run() from returning.
class Contexts
{
public:
    Contexts(
        boost::asio::io_context& context) // NOLINT(google-explicit-constructor): it drives the kernel alone
        : contexts{detail::AsioContext::make(context)}
    {}

    Contexts(std::initializer_list<std::reference_wrapper<boost::asio::io_context>> all)
    {
        for (boost::asio::io_context& context : all)
        {
            contexts.push_back(detail::AsioContext::make(context));
        }
    }

    explicit Contexts(std::span<boost::asio::io_context* const> all)
    {
        for (boost::asio::io_context* context : all)
        {
            contexts.push_back(detail::AsioContext::make(*context));
        }
    }

    // The kernel's.
    std::vector<std::shared_ptr<detail::Context>> contexts;
    detail::Layout layout;
};

} // namespace spaceframe
