// A context of the host that is destroyed while kernels and other threads are at work on it.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>
#include <spaceframe/embedding.hpp>

#include <boost/asio/error.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <optional>

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;
using namespace std::chrono_literals;
namespace asio = boost::asio;

Manifest hosted(const std::string& sockets)
{
    return manifest_of({.threads = std::nullopt, .sockets = sockets});
}

KernelOptions quiet(std::function<void(const Event&)> on_event = {})
{
    return {.log = [](LogLevel, std::string_view) {}, .on_event = std::move(on_event)};
}

} // namespace

TEST_CASE("each kernel that was made from one Contexts object is closed when the context goes")
{
    std::optional<asio::io_context> context(std::in_place);
    const Contexts contexts(*context);
    Kernel first(contexts, hosted(socket_lines("push", "push")), quiet());
    std::optional<Kernel> gone(std::in_place, contexts, hosted(socket_lines("push", "push")), quiet());
    Kernel last(contexts, hosted(socket_lines("push", "push")), quiet());
    first.start();
    last.start();
    gone.reset();
    context.reset();
    for (Kernel* const kernel : {&first, &last})
    {
        error_code error;
        kernel->socket("push").send(Message("late"), no_wait, error);
        CHECK(error == errc::terminated);
    }
}

TEST_CASE("a kernel that is made for a context that is gone is closed")
{
    std::optional<asio::io_context> context(std::in_place);
    const Contexts contexts(*context);
    context.reset();
    Kernel kernel(contexts, hosted(socket_lines("push", "push")), quiet());
    error_code error;
    kernel.socket("push").send(Message("late"), no_wait, error);
    CHECK(error == errc::terminated);
}
