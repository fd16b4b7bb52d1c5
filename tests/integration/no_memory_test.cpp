// Endpoints that are opened while there is no memory: whoever asks for them is told what became of them, and
// nothing of them is left.
#include "test_kernel.hpp"

#include <spaceframe/async.hpp>

#include <doctest/doctest.h>

#include <array>
#include <cstddef>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <new>
#include <string>

namespace
{

enum class Refuse
{
    nothing,
    one,
    some,
    all,
};
constexpr std::size_t some = 20;

// Of this thread's requests for memory: how many are met before one is refused, or some or all are.
thread_local Refuse refuse = Refuse::nothing;
thread_local std::size_t granted = 0;
thread_local std::size_t refused = 0;

void* take(std::size_t size, std::size_t alignment)
{
    if (refuse != Refuse::nothing && granted-- == 0)
    {
        ++refused;
        granted = 0;
        const bool enough = refuse == Refuse::one || (refuse == Refuse::some && refused == some);
        refuse = enough ? Refuse::nothing : refuse;
        throw std::bad_alloc();
    }
    void* memory = nullptr;
    if (::posix_memalign(&memory, alignment, size) != 0)
    {
        throw std::bad_alloc();
    }
    return memory;
}

} // namespace

// Definitions in the program stand for those of its shared libraries, too, if they can be seen from there.
#pragma GCC visibility push(default)
void* operator new(std::size_t size)
{
    return take(size, alignof(std::max_align_t));
}

void* operator new(std::size_t size, std::align_val_t alignment)
{
    return take(size, static_cast<std::size_t>(alignment));
}

void operator delete(void* memory) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::align_val_t /*alignment*/) noexcept
{
    std::free(memory);
}

void operator delete(void* memory, std::size_t /*size*/, std::align_val_t /*alignment*/) noexcept
{
    std::free(memory);
}
#pragma GCC visibility pop

namespace
{

using namespace spaceframe;
using namespace spaceframe::testing;

constexpr std::array<Refuse, 2> kinds{Refuse::one, Refuse::all};
constexpr const char* any_port = "tcp://127.0.0.1:*";

// Calls `function` with memory for so many requests. True: more was asked for.
template <class Function>
bool with_memory_for(std::size_t requests, Refuse kind, Function function)
{
    refused = 0;
    granted = requests;
    refuse = kind;
    try
    {
        function();
    }
    catch (const std::exception&)
    {
        refuse = Refuse::nothing;
    }
    refuse = Refuse::nothing;
    return refused > 0;
}

std::ptrdiff_t descriptors()
{
    return std::distance(std::filesystem::directory_iterator("/proc/self/fd"),
                         std::filesystem::directory_iterator());
}

} // namespace

TEST_CASE("a bind for which there is no memory has failed, and leaves nothing open")
{
    for (const Refuse kind : kinds)
    {
        CAPTURE(static_cast<int>(kind));
        TestKernel kernel({.threads = 0, .sockets = socket_lines("pull", "pull")});
        Socket pull = kernel["pull"];
        pull.bind(any_port);
        std::size_t listening = 1;
        std::ptrdiff_t open = descriptors();
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            bool bound = false;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    pull.bind(any_port);
                                                    bound = true;
                                                });
            if (bound)
            {
                // What was refused concerned the tale of it only.
                ++listening;
                open = descriptors();
            }
            error_code error;
            pull.wait_for_endpoint(any_port, no_wait, error);
            CHECK(error != errc::would_block);
            CHECK(pull.bound().size() == listening);
            CHECK(descriptors() == open);
            if (!lacked)
            {
                CHECK(bound);
                break;
            }
        }
    }
}

TEST_CASE("nobody waits for an endpoint whose async_connect could not begin for lack of memory")
{
    TestKernel server({.threads = 1, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
    const std::string endpoint = server["pull"].last_endpoint();
    for (const Refuse kind : kinds)
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            TestKernel kernel({.threads = 0, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")});
            Socket push = kernel["push"];
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    async_connect(push, endpoint, [](error_code) {});
                                                });
            error_code error;
            push.wait_for_endpoint(endpoint, limit, error);
            CHECK(error != errc::timed_out);
            if (!lacked)
            {
                CHECK_FALSE(error);
                break;
            }
        }
    }
}

TEST_CASE(
    "a connection for which there is no memory ends, another is tried, and closing waits for none of them")
{
    const std::ptrdiff_t open = descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        TestKernel server({.threads = 1, .sockets = socket_lines("pull", "pull", "bind tcp://127.0.0.1:*")});
        const std::string endpoint = server["pull"].last_endpoint();
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            Kernel kernel(
                manifest_of({.threads = 0, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")}));
            kernel.start();
            Socket push = kernel.socket("push");
            push.connect(endpoint);
            error_code error;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    push.wait_for_endpoint(endpoint, limit, error);
                                                });
            CHECK(error != errc::timed_out);
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                CHECK_FALSE(error);
                break;
            }
        }
    }
    CHECK(descriptors() == open);
}

TEST_CASE(
    "a peer for which there is no memory is hung up on, comes again, and closing waits for none of them")
{
    const std::ptrdiff_t open = descriptors();
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            Kernel kernel(manifest_of({.threads = 0, .sockets = socket_lines("pull", "pull")}));
            kernel.start();
            Socket pull = kernel.socket("pull");
            pull.bind(any_port);
            TestKernel client({.threads = 1, .sockets = socket_lines("push", "push", "reconnect_ivl 1ms")});
            client["push"].connect(pull.last_endpoint());
            bool came = false;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    came = pull.wait_for_peers(1, limit);
                                                });
            CHECK(came);
            CHECK(kernel.close(limit).complete);
            if (!lacked)
            {
                break;
            }
        }
    }
    CHECK(descriptors() == open);
}

TEST_CASE("messages for which there is no memory are refused, or end their connection, and are counted")
{
    const std::string body(300, 'x');
    for (const Refuse kind : {Refuse::one, Refuse::some})
    {
        CAPTURE(static_cast<int>(kind));
        for (std::size_t requests = 0;; ++requests)
        {
            CAPTURE(requests);
            REQUIRE(requests < 1000);
            CheckedKernel kernel(manifest_of({.threads = 0,
                                              .sockets = socket_lines("pull", "pull") +
                                                         socket_lines("push", "push", "reconnect_ivl 1ms")}));
            kernel.start();
            Socket pull = kernel.socket("pull");
            Socket push = kernel.socket("push");
            push.connect(pull.bind(any_port));
            REQUIRE(push.wait_for_peers(1, limit));
            REQUIRE(pull.wait_for_peers(1, limit));
            std::size_t taken = 0;
            const bool lacked = with_memory_for(requests, kind,
                                                [&]
                                                {
                                                    for (int i = 0; i < 3; ++i)
                                                    {
                                                        error_code error;
                                                        Message message(body);
                                                        push.send(std::move(message), limit, error);
                                                        taken += error ? 0U : 1U;
                                                        pull.receive(message, no_wait, error);
                                                    }
                                                });
            CHECK(push.wait_for_peers(1, limit));
            check_ledgers(kernel, "when there is memory again");
            CHECK(push.ledger().accepted == taken);
            must_send(push, Message("the last"));
            for (Message message; text_of(message) != "the last";)
            {
                message = must_receive(pull);
            }
            if (!lacked)
            {
                CHECK(pull.ledger().delivered == taken + 1);
                break;
            }
        }
    }
}
