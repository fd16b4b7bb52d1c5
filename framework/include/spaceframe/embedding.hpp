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
/// - No thread is started (but for host names, see `resolver`). Whatever depends on time proceeds only while
/// the
///   host runs its contexts.
/// - The kernel keeps its own work in order: a context may be run by any number of threads, and several
/// kernels
///   may share one. With several contexts, connections spread over them.
/// - Calls that wait fail with errc::would_deadlock on threads that run one of the contexts, and wait for the
///   others. Kernel::start(), Socket::bind() and Socket::connect() do not wait for the contexts: they may
///   come before these run, and from handlers.
/// - Kernel and contexts may be destroyed in any order. ~Kernel waits for nothing: asynchronous calls
/// complete
///   with operation_aborted, and no hook is called any more when it returns. When a context is destroyed
///   first, the kernel is closed with it, as by close(0 s), and stays closed. What is still queued is
///   discarded.
/// - run() returns when the kernel is closed and nothing else is left to do.
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
