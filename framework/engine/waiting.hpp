#pragma once

#include <spaceframe/detail/operation.hpp>
#include <spaceframe/plugin/abi.h>

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <thread>

namespace spaceframe::engine
{

class SocketCore;

/// The asynchronous calls of a socket that wait. [any], never under the socket's lock.
///
/// Calls of one kind are tried in the order in which they came, by one thread at a time, whenever something
/// changed.
class Waiting
{
public:
    explicit Waiting(SocketCore& socket) noexcept : socket_(socket)
    {}
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

    /// Does what can be done at once, unless others of its kind wait. True: it is over.
    bool try_now(detail::Request& request) noexcept;
    void start(detail::Operation& operation) noexcept;
    void cancel(detail::Operation& operation) noexcept;

    /// Something changed.
    void notify() noexcept
    {
        if (count_.load() > 0)
        {
            try_all();
        }
    }

    /// Waits until no other thread tries or completes calls: none of those that could be completed before is
    /// told its end any more.
    void settle();

private:
    /// A queue, linked through the operations.
    struct List
    {
        detail::Operation* first = nullptr;
        detail::Operation* last = nullptr;

        void push_back(detail::Operation& operation) noexcept;
        void remove(detail::Operation& operation) noexcept;
    };

    static constexpr std::size_t kinds = 9;

    bool attempt(detail::Request& request) noexcept;
    bool attempt_send(detail::Request& request);
    bool attempt_close(detail::Request& request);
    void try_all() noexcept;
    void complete_all(std::size_t kind, List& over, std::unique_lock<std::mutex>& lock) noexcept;
    void try_list(List& list, bool in_order, List& over, std::unique_lock<std::mutex>& lock) noexcept;
    error_code wait_for_permit(std::uint64_t bytes);
    static void on_granted(void* context, sf_status status);

    SocketCore& socket_;
    std::atomic<std::size_t> count_{0};
    std::mutex mutex_;
    std::array<List, kinds> lists_;
    std::array<bool, kinds> completing_{}; // some have left their list, and their handlers are told now
    bool trying_ = false;                  // a thread tries, and sees to it that `again_` is heeded
    bool again_ = false;
    std::thread::id trying_thread_;
    std::condition_variable tried_;
    std::shared_ptr<SocketCore> permit_wait_; // keeps the socket while the budget may call back
    std::uint64_t permit_wanted_ = 0;
    std::uint64_t permit_ = 0; // granted to the send that is first in line
};

} // namespace spaceframe::engine
