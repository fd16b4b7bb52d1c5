#pragma once

#include "engine/connection_set.hpp"
#include "engine/driver.hpp"
#include "engine/socket_core.hpp"
#include "engine/stack.hpp"

#include <memory>
#include <string>

namespace spaceframe::engine
{

/// An endpoint that listens. Lives on one loop; the connections that it accepts spread over all.
class Listener : public std::enable_shared_from_this<Listener>
{
public:
    Listener(Driver& driver, Loop& loop, std::shared_ptr<SocketCore> socket, std::shared_ptr<Stack> stack,
             ConnectionSet& connections);
    Listener(const Listener&) = delete;
    Listener& operator=(const Listener&) = delete;

    Loop& loop() noexcept
    {
        return loop_;
    }

    /// [loop] Throws boost::system::system_error, or std::bad_alloc; close() then, for it may listen already.
    void open();
    /// [loop] Tells the host that it listens.
    void announce() noexcept;
    /// [loop] Accepts no more; accepted connections stay.
    void close() noexcept;
    /// As bound, wildcards resolved; constant after open().
    const std::string& endpoint() const noexcept
    {
        return stack_->endpoint;
    }

private:
    static void on_accepted(void* context, sf_status status, sf_stream* stream);
    Event event(Event::Kind kind) const;

    Driver& driver_;
    Loop& loop_;
    std::shared_ptr<SocketCore> socket_;
    std::shared_ptr<Stack> stack_;
    ConnectionSet& connections_;
    sf_listener* handle_ = nullptr;
    bool announced_ = false;
    bool closed_ = false;
};

} // namespace spaceframe::engine
