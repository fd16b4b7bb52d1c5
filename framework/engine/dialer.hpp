#pragma once

#include "engine/connection_set.hpp"
#include "engine/driver.hpp"
#include "engine/life.hpp"
#include "engine/loop_timer.hpp"
#include "engine/schedule.hpp"
#include "engine/socket_core.hpp"
#include "engine/stack.hpp"

#include <functional>
#include <memory>
#include <optional>

namespace spaceframe::engine
{

/// An endpoint that dials, and dials again as its reconnect policy says. Lives on one loop, and its
/// connections with it.
class Dialer : public std::enable_shared_from_this<Dialer>
{
public:
    /// Throws boost::system::system_error when the policy cannot be made.
    Dialer(Loop& loop, std::shared_ptr<SocketCore> socket, std::shared_ptr<Stack> stack,
           ConnectionSet& connections);
    Dialer(const Dialer&) = delete;
    Dialer& operator=(const Dialer&) = delete;

    Loop& loop() noexcept
    {
        return loop_;
    }

    /// [loop] Begins to dial. A failure is reported as an event, and tried again. Throws std::bad_alloc,
    /// or boost::system::system_error when it was closed before, and did not begin then.
    void open();
    /// [loop] Dials no more; a connection that exists stays. Only the first call has an effect.
    void close();
    /// [loop] Dials no more and ends its connection; nothing waits for the endpoint then.
    void disconnect();
    /// [loop] True while a dial has not called back.
    bool dialling() const noexcept
    {
        return dial_ != nullptr;
    }

    enum class Progress
    {
        ready,  ///< the handshake is complete
        lost,   ///< the connection ended
        failed, ///< the policy gave up, or there is no memory to dial again
    };
    /// [loop] Is told of it. Set before open().
    std::function<void(Progress progress, const error_code& error)> on_progress;

private:
    static void on_dialed(void* context, sf_status status, sf_stream* stream);
    void dial();
    void dialed(sf_status status, sf_stream* stream);
    void give_up() noexcept;
    void fail() noexcept;
    void stop(const Failure& failure) noexcept;
    void leave() noexcept;
    void go_on(const Life::Next& next, const Failure& failure) noexcept;
    void follow(const Life::Next& next, const Failure& failure);
    Event event(Event::Kind kind) const;

    Loop& loop_;
    std::shared_ptr<SocketCore> socket_;
    std::shared_ptr<Stack> stack_;
    ConnectionSet& connections_;
    Schedule schedule_;
    Life life_;
    std::optional<pattern::PeerId> peer_;
    std::weak_ptr<Connection> connection_;
    bool leaving_ = false; // nothing shall wait for it when its connection has ended
    LoopTimer timer_;
    sf_dial* dial_ = nullptr;
    std::shared_ptr<Dialer> dial_wait_; // keeps this alive while the transport dials
};

} // namespace spaceframe::engine
