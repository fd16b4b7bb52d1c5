#pragma once

#include "engine/loop.hpp"
#include "engine/socket_core.hpp"

#include <spaceframe/plugin/abi.h>

#include <atomic>
#include <memory>

namespace spaceframe::engine
{

/// Moves messages from one socket to another, on a loop and without a thread of its own: it runs when
/// something came, and when there is room again.
class Pump : public std::enable_shared_from_this<Pump>
{
public:
    Pump(Loop& loop, std::shared_ptr<SocketCore> from, std::shared_ptr<SocketCore> to);
    Pump(const Pump&) = delete;
    Pump& operator=(const Pump&) = delete;
    ~Pump();

    /// [any] Runs soon, on the loop.
    void schedule() noexcept;
    /// [loop] Waits for nothing any more.
    void stop();

private:
    static void on_granted(void* context, sf_status status) noexcept;
    void run();
    void move();
    void take_grant() noexcept;
    bool wait_for_permit(std::uint64_t bytes);

    Loop& loop_;
    std::shared_ptr<SocketCore> from_;
    std::shared_ptr<SocketCore> to_;
    FrameList held_; // taken from one socket, not yet by the other; owns references
    std::size_t held_begin_ = 0;
    std::atomic<bool> scheduled_{false};
    enum class Grant
    {
        none,
        given,
        refused
    };
    std::atomic<Grant> grant_{Grant::none}; // what the budget said
    std::shared_ptr<Pump> permit_wait_;     // keeps this alive while the budget may call back
    sf_ticket ticket_ = 0;
    std::uint64_t permit_wanted_ = 0;
    std::uint64_t permit_ = 0; // granted to the message that is first in line
    bool stopped_ = false;
};

/// Two sockets whose messages pass through, in both directions as far as their patterns allow.
class Proxy
{
public:
    Proxy(Loop& loop, std::shared_ptr<SocketCore> front, std::shared_ptr<SocketCore> back);

    void start();
    /// [loop] Nothing passes any more.
    void stop();
    Loop& loop() noexcept
    {
        return loop_;
    }

private:
    Loop& loop_;
    std::shared_ptr<SocketCore> front_;
    std::shared_ptr<SocketCore> back_;
    std::shared_ptr<Pump> forward_;
    std::shared_ptr<Pump> backward_;
};

} // namespace spaceframe::engine
