#pragma once

#include "books.hpp"

#include <spaceframe/kernel.hpp>
#include <spaceframe/manifest.hpp>

#include <chrono>
#include <cstddef>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace spaceframe::testing
{

// Longer than anything takes; a test that waits so long has failed.
inline constexpr Timeout limit = std::chrono::seconds(20);

// An Event that owns what it tells.
struct Happening
{
    explicit Happening(const Event& event);

    Event::Kind kind;
    std::string socket;
    std::string endpoint;
    std::string peer;
    std::string identity;
    std::size_t loop;
    error_code error;
    std::string reason;
    std::chrono::nanoseconds delay;
};

using Happenings = std::vector<Happening>;

struct Plan
{
    // Nothing: the manifest does not say.
    std::optional<unsigned> threads = 1;
    // What else stands inside `kernel { }`.
    std::string kernel = {};
    // What stands inside `sockets { }`, and what stands outside of it.
    std::string sockets;
    std::string more = {};
    // Called with each event, on its loop.
    std::function<void(const Event&)> on_event = {};
};

// A manifest for tests, which finds the tests' own plug-ins.
Manifest manifest_of(const Plan& plan);

// One socket inside `sockets { }`; `lines` are further keys.
std::string socket_lines(std::string_view name, std::string_view pattern, std::string_view lines = {});

// A kernel that remembers its events. When it goes, it is closed, and its books must balance: the equations
// of each ledger, before and after, and where its sockets have spoken only with one another and no connection
// has ended, what they have written and got.
class TestKernel
{
public:
    explicit TestKernel(const Plan& plan);
    TestKernel(const TestKernel&) = delete;
    TestKernel& operator=(const TestKernel&) = delete;
    ~TestKernel();

    Kernel* operator->()
    {
        return &kernel_;
    }

    Socket operator[](std::string_view name)
    {
        return kernel_.socket(name);
    }

    // Closes within `deadline`, and checks the books before and after.
    CloseReport close(Timeout deadline = Timeout::zero());
    // Waits until everything that was written has arrived. For sockets that have spoken with nobody else,
    // when no connection has ended, and what has arrived was received.
    void check_exchange();

    Happenings happenings() const;
    std::size_t count(Event::Kind kind) const;
    // Waits until `holds` is true of what happened; throws after `limit`. One thread at a time.
    void await(const std::function<bool(const Happenings&)>& holds, const char* what);
    void await(Event::Kind kind, std::size_t count = 1);
    // Waits for something that no event tells.
    void await_state(const std::function<bool()>& holds, const char* what);

private:
    bool secluded() const;
    bool exchange_settles();
    void check_events();

    std::function<void(const Event&)> hook_;
    mutable std::mutex mutex_;
    Happenings happenings_;
    Kernel kernel_;
    bool closed_ = false;
};

// Threads that are joined, and whose exceptions fail the test.
class Threads
{
public:
    Threads() = default;
    Threads(const Threads&) = delete;
    Threads& operator=(const Threads&) = delete;
    ~Threads();

    void start(std::function<void()> work);
    // Throws what the first of them threw.
    void join();

private:
    std::mutex mutex_;
    std::exception_ptr failure_;
    std::vector<std::thread> threads_;
};

// Throws unless the message was sent, or received, within `limit`.
void must_send(Socket& socket, Message message);
Message must_receive(Socket& socket);
std::string text_of(const Message& message, std::size_t frame = 0);

} // namespace spaceframe::testing
